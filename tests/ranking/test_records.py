import dataclasses
import json
import re

import numpy as np
import pytest
from hypothesis import given

from apps.features.contracts import CF_SCORE, FRESHNESS_SCORE, POPULARITY_SCORE, SEARCH_SCORE
from apps.ranking.contracts import HitRecord, Rule, SearchBoost, WordMatch
from apps.ranking.domain.pipeline import rank
from apps.ranking.domain.records import (
    hit_record,
    hit_records,
    reason_in_words,
    record_document,
)
from apps.ranking_weights.contracts import ResolvedWeights
from tests.ranking.strategies import (
    FIRST_ROW,
    Case,
    candidates_of,
    cases,
    examples,
    rows_of,
    search_only,
)


def _record() -> HitRecord:
    weights = ResolvedWeights(
        ((SEARCH_SCORE, 0.6), (POPULARITY_SCORE, 0.4), (FRESHNESS_SCORE, 0.0)),
        "category",
        "electronics",
        3,
        (CF_SCORE,),
    )
    given_candidates = dataclasses.replace(
        candidates_of([0.5, 0.25]),
        keyword_score=np.array([0.125, np.nan], dtype=np.float32),
        keyword_rank=np.array([1, 0], dtype=np.int32),
        semantic_score=np.array([np.nan, 0.75], dtype=np.float32),
        semantic_rank=np.array([0, 1], dtype=np.int32),
    )
    ranking = rank(
        candidates=given_candidates,
        features={
            POPULARITY_SCORE: np.array([0.0, 1.0], dtype=np.float32),
            FRESHNESS_SCORE: np.array([0.5, 0.5], dtype=np.float32),
        },
        weights=weights,
        tie_break=np.arange(2, dtype=np.int64),
        rules=(Rule("summer", "pin", rows_of(0), position=1, detail="until August"),),
    )
    return hit_record(ranking, 1)


def test_a_record_tells_parts_weights_and_steps() -> None:
    record = _record()
    assert (record.row, record.position) == (FIRST_ROW, 1)
    assert record.search.keyword == pytest.approx(0.125)
    assert record.search.keyword_rank == 1
    assert record.search.semantic is None
    assert record.search.semantic_rank is None
    assert record.features == {POPULARITY_SCORE: 0.0, FRESHNESS_SCORE: 0.5, CF_SCORE: None}
    assert record.contributions[SEARCH_SCORE] == pytest.approx(0.3)


def test_the_reason_says_the_numbers() -> None:
    assert _record().reason == (
        "Position 1 with a score of 0.300: Text match +0.300. Found at rank 1 by keywords. "
        "Pin 'summer' moved it from 2 to 1 (until August). "
        "Collaborative: no source, so its weight is shared out over the others."
    )


def test_a_step_that_moved_nothing_says_so() -> None:
    ranking = search_only([0.9, 0.1], (Rule("top", "pin", rows_of(0), position=1),))
    assert "Pin 'top' left it at 1." in hit_record(ranking, 1).reason


def test_boosts_are_named_in_the_reason() -> None:
    ranking = search_only([0.5], (Rule("up", "boost", rows_of(0), factor=2.0),))
    assert "Rules +0.500" in hit_record(ranking, 1).reason


def test_what_the_query_names_and_what_stands_for_its_words() -> None:
    record = _record()
    plain = record_document(record)["score_breakdown"]
    assert isinstance(plain, dict)
    assert not {"found", "boosts", "words"} & set(plain[SEARCH_SCORE])  # type: ignore[arg-type]  # an object
    search = dataclasses.replace(
        record.search,
        found=0.4,
        boosts=(SearchBoost("Brand: Acme", 0.1),),
        words=(WordMatch("couch", "sofa", "synonym", 0.8),),
    )
    named = dataclasses.replace(record, search=search)
    reason = reason_in_words(named)
    assert (
        "'couch' matched by its synonym 'sofa'. Named by the query: Brand: Acme +0.100." in reason
    )
    told = record_document(named)["score_breakdown"]
    assert isinstance(told, dict)
    part = told[SEARCH_SCORE]
    assert isinstance(part, dict)
    assert part["found"] == 0.4
    assert part["boosts"] == [{"name": "Brand: Acme", "added": 0.1}]
    assert part["words"] == [
        {"word": "couch", "matched": "sofa", "kind": "synonym", "weight": 0.8}
    ]


def test_found_by_neither_list_says_nothing_of_lists() -> None:
    record = _record()
    neither = dataclasses.replace(
        record, search=dataclasses.replace(record.search, keyword=None, keyword_rank=None)
    )
    assert "Found" not in reason_in_words(neither)


@examples
@given(cases())
def test_reasons_are_grounded_in_the_record(case: Case) -> None:
    ranking = case.ranked()
    for record in hit_records(ranking, 1, 5):
        allowed = {f"{record.final_score:.3f}"}
        allowed |= {f"{value:+.3f}" for value in record.contributions.values()}
        for number in re.findall(r"[+-]?\d+\.\d{3}\b", record.reason):
            assert number in allowed


@examples
@given(cases())
def test_documents_are_json(case: Case) -> None:
    ranking = case.ranked()
    for record in hit_records(ranking, 1, 5):
        assert json.loads(json.dumps(record_document(record), allow_nan=False))


def test_the_document_has_the_house_shape() -> None:
    document = record_document(_record())
    assert document["score_breakdown"] == {
        "search_score": {
            "value": 0.5,
            "keyword": 0.125,
            "semantic": None,
            "keyword_rank": 1,
            "semantic_rank": None,
        },
        "popularity_score": 0.0,
        "freshness_score": 0.5,
        "cf_score": None,
        "session_boost": None,
        "revisit_score": None,
    }
    assert document["weights"] == {
        "source": "category",
        "subject": "electronics",
        "number": 3,
        "weights": {"search_score": 0.6, "popularity_score": 0.4, "freshness_score": 0.0},
        "shared_out": ["cf_score"],
        "chain": [
            {
                "link": "experiment",
                "subject": "",
                "found": "none asks for weights",
                "answered": False,
            }
        ],
    }
    assert document["steps"] == [
        {"kind": "pin", "rule": "summer", "from_rank": 2, "to_rank": 1, "detail": "until August"}
    ]


@pytest.mark.parametrize("position", [0, 3])
def test_there_is_no_record_outside_of_the_list(position: int) -> None:
    with pytest.raises(IndexError):
        hit_record(search_only([0.1, 0.2]), position)


def test_records_are_made_for_the_page_only() -> None:
    ranking = search_only([0.5] * 30)
    assert [record.position for record in hit_records(ranking, 21, 20)] == list(range(21, 31))
