import dataclasses
import re

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.ranking.contracts import Acted, HitRecord, Int32, Ranking
from apps.ranking.domain.kept import (
    KeptHidden,
    KeptRecord,
    KeptUnreadable,
    hit_kept,
    place_of,
    places_bytes,
    record_decode,
    record_encode,
    slice_of,
)
from apps.ranking.domain.records import (
    chain_document,
    hit_record,
    reason_in_words,
    record_document,
)
from apps.ranking_weights.contracts import ResolvedWeights
from apps.ranking_weights.domain.resolve import weights_resolve_from
from tests.ranking.strategies import Case, cases, examples, search_only

ACTED = (Acted("blue", "b", ("weights",)),)


def kept(ranking: Ranking, ranks: list[int], acted: tuple[Acted, ...] = ()) -> KeptRecord:
    chosen: Int32 = np.array(ranks, dtype=np.int32)
    return KeptRecord(
        surface="search",
        product_ids=tuple(f"p{rank}" for rank in ranks),
        positions=tuple(ranks),
        slices=(slice_of(ranking, chosen),),
        places=b"",
        hidden=(KeptHidden("gone", "rule", 2),),
        experiments=acted,
        versions={"weights": 3},
    )


def same(live: HitRecord, read: HitRecord) -> bool:
    return dataclasses.replace(live, row=-1) == read


@examples
@given(cases(), st.integers(0, 5), st.integers(0, 6))
def test_a_kept_hit_is_explained_as_the_live_one_was(case: Case, first: int, many: int) -> None:
    ranking = case.ranked()
    ranks = [rank for rank in range(first + 1, first + many + 1) if rank <= len(ranking.order)]
    packed = record_encode(kept(ranking, ranks))
    record = record_decode(packed)
    for place, rank in enumerate(ranks):
        assert same(hit_record(ranking, rank), hit_kept(record, place))
        assert place_of(record, place) == (0, place)
        told = hit_kept(record, place)
        assert sum(told.contributions.values()) == pytest.approx(told.final_score, abs=1e-9)


def test_hits_of_two_rankings_know_where_they_come_from() -> None:
    first, second = search_only([0.9, 0.1]), search_only([0.2, 0.8])
    record = KeptRecord(
        surface="search",
        product_ids=("a", "b"),
        positions=(1, 2),
        slices=tuple(slice_of(each, np.array([1], dtype=np.int32)) for each in (first, second)),
        places=places_bytes([(1, 0), (0, 0)]),
        hidden=(),
        experiments=(),
        versions={},
    )
    again = record_decode(record_encode(record))
    assert [hit_kept(again, place).final_score for place in (0, 1)] == pytest.approx([0.8, 0.9])
    with pytest.raises(IndexError):
        hit_kept(again, 2)


def test_what_acted_is_told_and_in_the_reason() -> None:
    told = hit_kept(kept(search_only([0.9]), [1], ACTED), 0)
    assert told.experiments == ACTED
    assert "Experiment 'blue' acted with variant 'b'." in told.reason
    assert record_document(told)["experiments"] == [
        {"key": "blue", "variant": "b", "turns": ["weights"]}
    ]


def test_bytes_of_another_release_are_refused() -> None:
    record = kept(search_only([0.9]), [1])
    with pytest.raises(KeptUnreadable):
        record_decode(b"\xc1")
    other = msgspec.structs.replace(record, layout=2)
    with pytest.raises(KeptUnreadable, match="layout 2"):
        record_decode(record_encode(other))
    (side,) = record.slices
    torn = msgspec.structs.replace(side, values=b"1234", features=("cf_score", "x"))
    with pytest.raises(KeptUnreadable):
        hit_kept(msgspec.structs.replace(record, slices=(torn,)), 0)


def _numbers(value: object) -> set[float]:
    if isinstance(value, bool) or value is None:
        return set()
    if isinstance(value, int | float):
        return {float(value)}
    if isinstance(value, str):
        return {float(found) for found in re.findall(r"\d+(?:\.\d+)?", value)}
    items = value.values() if isinstance(value, dict) else value
    return set().union(*(_numbers(each) for each in items))  # type: ignore[attr-defined]  # a list or a view


@examples
@given(cases())
def test_every_number_of_a_reason_occurs_in_the_record(case: Case) -> None:
    ranking = case.ranked()
    for rank in range(1, min(len(ranking.order), 5) + 1):
        record = hit_kept(kept(ranking, [rank]), 0)
        document = {**record_document(record), "reason": "", "position": record.position}
        known = _numbers(document)
        for text in re.findall(r"\d+(?:\.\d+)?", reason_in_words(record)):
            digits = len(text.partition(".")[2])
            assert any(f"{number:.{digits}f}" == text for number in map(abs, known)), text


def links(weights: ResolvedWeights) -> list[tuple[object, ...]]:
    told = [link for link in chain_document(weights) if isinstance(link, dict)]
    return [(link["link"], link["subject"], link["answered"]) for link in told]


def test_the_chain_says_what_was_looked_at_and_who_answered() -> None:
    weights = weights_resolve_from(
        published={}, category_path="a/b", available={"search_score", "popularity_score"}
    )
    assert links(weights) == [
        ("experiment", "", False),
        ("category", "a/b", False),
        ("parent", "a", False),
        ("global", "", False),
        ("default", "", True),
    ]


def test_an_override_answers_as_preview_or_experiment() -> None:
    weights = weights_resolve_from(
        published={},
        category_path="a",
        available={"search_score"},
        override={"search_score": 1.0},
    )
    assert links(weights) == [("preview", "", True)]
    tried = dataclasses.replace(weights, experiment="blue", variant="b")
    assert links(tried) == [("experiment", "blue", True)]
    silent = ResolvedWeights((), "none", "", 0, chain=("override: no set", "global: no set"))
    assert links(silent) == [("experiment", "", False), ("global", "", False)]
