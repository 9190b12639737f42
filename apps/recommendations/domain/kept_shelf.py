"""What is kept of an answered shelf, and its records told again."""

from collections.abc import Mapping
from dataclasses import replace

import msgspec

from apps.features.contracts import FEATURE_TITLES, SEARCH_SCORE
from apps.ranking.contracts import HitRecord
from apps.ranking.domain.kept import KeptRecord, KeptUnreadable, hit_kept
from apps.ranking.domain.records import record_reasoned
from apps.recommendations.contracts_answers import Fallback, Reason
from apps.recommendations.domain.shelf_ranking import STRATEGY_ORDER

SURFACE = "recommendations"
# What a search calls its text match is what the strategies found here.
TITLES: Mapping[str, str] = {
    **FEATURE_TITLES,
    SEARCH_SCORE: "Strategy",
    STRATEGY_ORDER: "Order of strategies",
}


class ShelfKept(msgspec.Struct, frozen=True, array_like=True):
    """A shelf's own part of a kept record.

    Attributes:
        placement: its name.
        placement_number: of the published version; 0: as shipped.
        at: unix seconds of the answer.
        product_ids: the product that it stood beside, or those in the cart.
        category: path that the caller named; empty: none.
        about: path that weights and rules were asked for; empty: none.
        attributes: what the caller said about the request.
        filters: as the caller wrote them.
        reasons: of the items, in their order.
        fallback: what filled it.
        applied_rules: keys of merchandising rules that acted.
        personalised: whether anything of the shopper's own counted.
        degraded: what was missing.
        outscored: products that strategies found and others stood before, best first.
        left_out: product that the shopper's own doings kept away → the constraint's name.
    """

    placement: str
    placement_number: int
    at: float
    product_ids: tuple[str, ...]
    category: str
    about: str
    attributes: Mapping[str, str]
    filters: Mapping[str, tuple[str, ...]]
    reasons: tuple[Reason, ...]
    fallback: tuple[Fallback, ...]
    applied_rules: tuple[str, ...]
    personalised: bool
    degraded: tuple[str, ...]
    outscored: tuple[str, ...] = ()
    left_out: Mapping[str, str] = {}


def shelf_kept_pack(kept: ShelfKept) -> bytes:
    """As msgpack."""
    return _encode(kept)


def shelf_kept_read(record: KeptRecord) -> ShelfKept:
    """The shelf's part of a record.

    Raises:
        KeptUnreadable: it is another surface's, or of another release.
    """
    if record.surface != SURFACE:
        raise KeptUnreadable(f"a record of {record.surface}")
    try:
        return _DECODER.decode(record.own)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise KeptUnreadable(str(error)) from error


def item_kept(record: KeptRecord, place: int) -> HitRecord:
    """The record of the item at a 0-based place of the shelf, as it was told when shown.

    Raises:
        IndexError: there is no such place.
        KeptUnreadable: arrays of different lengths.
    """
    hit = replace(hit_kept(record, place), position=record.positions[place])
    return item_told(hit)


def item_told(record: HitRecord) -> HitRecord:
    """A record in the words of shelves."""
    return record_reasoned(record, TITLES)


_encode = msgspec.msgpack.Encoder().encode
_DECODER = msgspec.msgpack.Decoder(ShelfKept)
