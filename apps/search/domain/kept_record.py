"""What search keeps of an answer beside its rankings' numbers, and a kept hit as it was shown."""

from dataclasses import replace

import msgspec
import numpy as np

from apps.ranking.contracts import HitRecord, Int32, WordMatch
from apps.ranking.domain.kept import KeptRecord, KeptUnreadable, hit_kept, place_of
from apps.ranking.domain.records import record_reasoned
from apps.search.contracts import DetectedCategory, Matching
from apps.search.contracts_rules import RewrittenQuery
from apps.search.contracts_understanding import Understanding
from apps.search.domain.drafting import (
    record_because,
    record_boosted,
    record_drafted,
    rewrite_matches,
)
from apps.search.domain.swapping import place_ranked, record_swapped
from apps.search.domain.understanding.narrowing import Lift

SURFACE = "search"


class KeptLift(msgspec.Struct, frozen=True, array_like=True):
    """What boosts made of the search scores of one ranking's shown hits.

    Attributes:
        names: of what is boosted.
        met: bool[names, k] as bytes.
        found: float32[k] as bytes.
    """

    names: tuple[str, ...]
    met: bytes
    found: bytes


class SearchKept(msgspec.Struct, frozen=True, array_like=True):
    """The part of a record that only search understands.

    Attributes:
        understanding: how the query was read, extractions as they acted.
        matching: how the products were found.
        category: that was detected.
        sort: of the hits.
        page: 1-based.
        per_page: hits a page.
        found: products over all pages.
        applied_rules: names of the rules that acted.
        lifts: by slice; None: nothing was boosted.
        drafted: key of the experiment that interleaves; empty for none.
        teams: of each shown hit, in words; empty without a draft.
        swap: position of the upper one of two neighbours that were exchanged.
        rewritten: the query as rules made it; None: they left it.
        because: of each shown hit, what of the visit speaks for it; empty where none counts.
    """

    understanding: Understanding
    matching: Matching
    category: DetectedCategory | None
    sort: str
    page: int
    per_page: int
    found: int
    applied_rules: tuple[str, ...]
    lifts: tuple[KeptLift | None, ...]
    drafted: str = ""
    teams: tuple[str, ...] = ()
    swap: int | None = None
    rewritten: RewrittenQuery | None = None
    because: tuple[str, ...] = ()


def lift_kept(lift: Lift | None, chosen: Int32) -> KeptLift | None:
    """A lift of the shown hits alone.

    Args:
        lift: of the whole ranking.
        chosen: int32[k], the shown candidates.
    """
    if lift is None:
        return None
    return KeptLift(lift.names, lift.met[:, chosen].tobytes(), lift.found[chosen].tobytes())


def search_kept_read(record: KeptRecord) -> SearchKept:
    """Search's part of a record.

    Raises:
        KeptUnreadable: it is another surface's, or of another release.
    """
    if record.surface != SURFACE:
        raise KeptUnreadable(f"a record of {record.surface}")
    try:
        return _DECODER.decode(record.own)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise KeptUnreadable(str(error)) from error


def search_kept_pack(kept: SearchKept) -> bytes:
    """As msgpack."""
    return _encode(kept)


def search_hit(
    record: KeptRecord, own: SearchKept, place: int, words: tuple[WordMatch, ...] = ()
) -> HitRecord:
    """The record of the hit at a 0-based place of the page, as it was told when it was shown.

    Args:
        record: of the answer.
        own: search's part of it.
        place: on the page, as shown.
        words: of the query that something stands for in this product.

    Raises:
        IndexError: there is no such place.
        KeptUnreadable: arrays of different lengths.
    """
    side, at = place_of(record, place)
    hit, position = hit_kept(record, place), record.positions[place]
    lift = own.lifts[side]
    if lift is not None:
        hit = record_boosted(hit, *_lift_read(lift).parts(at))
    hit = record_because(hit, own.because[place : place + 1])
    if own.drafted:
        ranked = place_ranked(position, own.swap)
        hit = record_drafted(hit, own.drafted, ranked, own.teams[place])
    words = (*rewrite_matches(own.rewritten), *words)
    if words:
        hit = replace(hit, search=replace(hit.search, words=words))
    return record_reasoned(record_swapped(hit, position))


def _lift_read(kept: KeptLift) -> Lift:
    found = np.frombuffer(kept.found, dtype=np.float32)
    met = np.frombuffer(kept.met, dtype=np.bool_).reshape(len(kept.names), len(found))
    return Lift(kept.names, met, found)


_encode = msgspec.msgpack.Encoder().encode
_DECODER = msgspec.msgpack.Decoder(SearchKept)
