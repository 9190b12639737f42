"""What is kept of an answer so that each of its hits can be explained later, number by number.

A ranking is cut down to the hits that were shown, its arrays as bytes: no object a hit is made
while a shopper waits. Read back it is a `Ranking` again, and `hit_record` explains its hits as
it does those of a ranking that was made a moment ago.
"""

import sys
from collections.abc import Mapping
from uuid import UUID

import msgspec
import numpy as np

from apps.features.contracts import SEARCH_SCORE
from apps.ranking.contracts import (
    Acted,
    Candidates,
    Float32,
    Float64,
    HitRecord,
    Int32,
    Ranking,
    Step,
)
from apps.ranking.domain.records import record_moved
from apps.ranking.domain.trail import StepsOf
from apps.ranking_weights.contracts import ResolvedWeights

LAYOUT = 1
_LITTLE = sys.byteorder == "little"
_FLOAT64, _FLOAT32, _INT32 = (np.dtype(name) for name in ("<f8", "<f4", "<i4"))
_Kind = np.dtype[np.float64] | np.dtype[np.float32] | np.dtype[np.int32]
_FOUND_FLOATS = 3  # search score, keyword score, semantic score
_FOUND_RANKS = 2  # keyword rank, semantic rank


class KeptUnreadable(ValueError):
    """The bytes are no kept record of a layout that this release reads."""


class KeptSlice(msgspec.Struct, frozen=True, array_like=True):
    """A ranking's shown hits. Little-endian arrays; k hits in the order of their ranks.

    Attributes:
        ranks: int32[k], 1-based, in the whole ranking.
        scores: float64[k].
        contributions: float64[names, k].
        names: of the contributions' columns.
        features: names of the stored features, in the order of `values`.
        values: float32[features, k].
        found: float32[3, k]: search score, keyword score, semantic score.
        found_ranks: int32[2, k]: by keywords, by meaning.
        weights: that were used.
        steps: place among the k → what moved the hit.
    """

    ranks: bytes
    scores: bytes
    contributions: bytes
    names: tuple[str, ...]
    features: tuple[str, ...]
    values: bytes
    found: bytes
    found_ranks: bytes
    weights: ResolvedWeights
    steps: dict[int, tuple[Step, ...]] = {}


class KeptHidden(msgspec.Struct, frozen=True, array_like=True):
    """A product that a rule took out of the answer.

    Attributes:
        product_id: as the shop names it.
        rule: its name.
        from_rank: 1-based, where it would have stood.
    """

    product_id: str
    rule: str
    from_rank: int


class KeptRecord(msgspec.Struct, frozen=True, array_like=True):
    """An answer's record, whatever surface it is of.

    Attributes:
        surface: whose answer: `search`.
        product_ids: of the page's hits, as they were shown.
        positions: 1-based, of the same, as they were shown.
        slices: the rankings that the hits come from; two where they are interleaved.
        places: int32[hits, 2] as bytes: each hit's slice, and its place there.
        hidden: whom rules took out, the best ones.
        experiments: variants that acted.
        versions: name to number of what was in force.
        own: what only the surface understands.
        layout: of the arrays.
    """

    surface: str
    product_ids: tuple[str, ...]
    positions: tuple[int, ...]
    slices: tuple[KeptSlice, ...]
    places: bytes
    hidden: tuple[KeptHidden, ...]
    experiments: tuple[Acted, ...]
    versions: Mapping[str, int]
    own: bytes = b""
    layout: int = LAYOUT


class KeptAnswer(msgspec.Struct, frozen=True):
    """A record with the id under which it is kept.

    Attributes:
        id: UUIDv7: the query_id of the answer that it was made for.
        record: what is kept.
    """

    id: UUID
    record: KeptRecord


def slice_of(ranking: Ranking, ranks: Int32) -> KeptSlice:
    """The hits at some 1-based ranks."""
    chosen = ranking.order.take(ranks - 1)
    given, features = ranking.candidates, ranking.features
    # Taken column by column: a fifth of what indexing by an array takes.
    return KeptSlice(
        ranks=_bytes(ranks, _INT32),
        scores=_bytes(ranking.scores.take(chosen), _FLOAT64),
        contributions=_bytes(ranking.contributions.T.take(chosen, axis=1), _FLOAT64),
        names=ranking.feature_names,
        features=tuple(features),
        values=b"".join([_bytes(each.take(chosen), _FLOAT32) for each in features.values()]),
        found=b"".join(
            (
                _bytes(given.search_score.take(chosen), _FLOAT32),
                _bytes(given.keyword_score.take(chosen), _FLOAT32),
                _bytes(given.semantic_score.take(chosen), _FLOAT32),
            )
        ),
        found_ranks=_bytes(given.keyword_rank.take(chosen), _INT32)
        + _bytes(given.semantic_rank.take(chosen), _INT32),
        weights=ranking.weights,
        steps=_steps(ranking, chosen),
    )


def slice_ranking(kept: KeptSlice) -> Ranking:
    """The ranking again, of the shown hits alone: its first is the best of them.

    Raises:
        KeptUnreadable: arrays of different lengths.
    """
    try:
        return _ranking_read(kept)
    except ValueError as error:
        raise KeptUnreadable(str(error)) from error


def record_encode(record: KeptRecord) -> bytes:
    """As msgpack."""
    return _encode(record)


def record_decode(packed: bytes) -> KeptRecord:
    """The record.

    Raises:
        KeptUnreadable: not msgpack, or of another layout.
    """
    try:
        record = _DECODER.decode(packed)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise KeptUnreadable(str(error)) from error
    if record.layout != LAYOUT:
        raise KeptUnreadable(f"layout {record.layout}, not {LAYOUT}")
    return record


def hit_kept(record: KeptRecord, place: int) -> HitRecord:
    """The record of the hit at a 0-based place of the page, as its ranking has it.

    Its row is -1: rows of the snapshot that it was ranked in mean nothing any more.

    Raises:
        IndexError: there is no such place.
        KeptUnreadable: arrays of different lengths.
    """
    side, at = _places(record)[place]
    ranking = slice_ranking(record.slices[side])
    rank = int(np.frombuffer(record.slices[side].ranks, _INT32)[at])
    return record_moved(ranking, at + 1, rank, record.experiments)


def place_of(record: KeptRecord, place: int) -> tuple[int, int]:
    """The slice of the hit at a place of the page, and its place there."""
    return _places(record)[place]


def places_bytes(pairs: list[tuple[int, int]]) -> bytes:
    """(slice, place there) of each hit as bytes."""
    return np.array(pairs, dtype=_INT32).tobytes()


def _places(record: KeptRecord) -> list[tuple[int, int]]:
    if not record.places:
        return [(0, at) for at in range(len(record.product_ids))]
    pairs = np.frombuffer(record.places, _INT32).reshape(-1, 2).tolist()
    return [(side, at) for side, at in pairs]


def _steps(ranking: Ranking, chosen: Int32) -> dict[int, tuple[Step, ...]]:
    found = ranking.steps
    # Asking how many there are would make them all.
    if isinstance(found, StepsOf):
        found = found.among(chosen)
    if not found:
        return {}
    told = ((at, found.get(candidate)) for at, candidate in enumerate(chosen.tolist()))
    return {at: steps for at, steps in told if steps}


def _ranking_read(kept: KeptSlice) -> Ranking:
    scores = np.frombuffer(kept.scores, _FLOAT64)
    size = len(scores)
    found = np.frombuffer(kept.found, _FLOAT32).reshape(_FOUND_FLOATS, size)
    ranks = np.frombuffer(kept.found_ranks, _INT32).reshape(_FOUND_RANKS, size)
    return Ranking(
        order=np.arange(size, dtype=np.int32),
        scores=scores,
        contributions=np.frombuffer(kept.contributions, _FLOAT64).reshape(len(kept.names), size).T,
        feature_names=kept.names,
        steps=kept.steps,
        hidden=(),
        applied_rules=(),
        candidates=Candidates(
            rows=np.full(size, -1, dtype=np.int32),
            keyword_score=found[1],
            keyword_rank=ranks[0],
            semantic_score=found[2],
            semantic_rank=ranks[1],
            search_score=found[0],
        ),
        features=_features(kept, size),
        weights=kept.weights,
    )


def _features(kept: KeptSlice, size: int) -> dict[str, Float32]:
    values = np.frombuffer(kept.values, _FLOAT32).reshape(len(kept.features), size)
    return {name: values[at] for at, name in enumerate(kept.features) if name != SEARCH_SCORE}


def _bytes(array: Float64 | Float32 | Int32, kind: _Kind) -> bytes:
    return array.tobytes() if _LITTLE else array.astype(kind).tobytes()


_encode = msgspec.msgpack.Encoder().encode
_DECODER = msgspec.msgpack.Decoder(KeptRecord)
