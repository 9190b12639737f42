"""Our metrics against ir_measures (trec_eval and gdeval inside), to the last digits."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from random import Random

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ir_measures import AP, RR, Judged, P, R, nDCG

from apps.common.domain.relevance import NothingRelevant
from apps.explainability.domain.metrics import (
    METRIC_KEYS,
    METRICS,
    definitions,
    expected_reciprocal_rank,
    metric_of,
    metric_value,
    query_scores,
)

EXPONENTIAL = {rating: 2**rating - 1 for rating in range(5)}
CUTS = (1, 3, 10, 100)


def cases(count: int, top: int) -> dict[str, tuple[list[str], dict[str, int]]]:
    """Random lists with unjudged products in them, and judged ones that were not found."""
    random = Random(20260101 + top)
    found = {}
    for number in range(1, count + 1):
        products = [f"p{at}" for at in range(random.randint(1, 40))]
        ratings = {each: random.randint(0, top) for each in products if random.random() < 0.6}
        ratings["p0"] = max(ratings.get("p0", 0), 1)  # something is relevant
        ranked = random.sample(products, random.randint(0, len(products)))
        found[str(number)] = (ranked, ratings)
    return found


def peer(
    measures: list[ir_measures.Measure],
    given_cases: Mapping[str, tuple[list[str], dict[str, int]]],
) -> dict[tuple[str, str], float]:
    qrels = [
        ir_measures.Qrel(query, product, rating)
        for query, (_, ratings) in given_cases.items()
        for product, rating in ratings.items()
    ]
    run = [
        ir_measures.ScoredDoc(query, product, float(-at))
        for query, (ranked, _) in given_cases.items()
        for at, product in enumerate(ranked)
    ]
    return {
        (each.query_id, str(each.measure)): each.value
        for each in ir_measures.iter_calc(measures, qrels, run)
    }


@pytest.mark.parametrize("top", [3, 4])
@pytest.mark.parametrize("k", CUTS)
def test_every_metric_agrees_with_ir_measures(k: int, top: int) -> None:
    given_cases = cases(60, top)
    pairs = {
        "ndcg": nDCG(gains=EXPONENTIAL) @ k,
        "mrr": RR @ k,
        "map": AP @ k,
        "p": P @ k,
        "recall": R @ k,
        "judged": Judged @ k,
    }
    theirs = peer(list(pairs.values()), given_cases)
    for query, (ranked, ratings) in given_cases.items():
        if not ranked:
            continue  # trec_eval has no queries without an answer
        for name, measure in pairs.items():
            ours = metric_value(metric_of(name, k), ranked, ratings, top=top)
            assert ours == pytest.approx(theirs[query, str(measure)], abs=1e-9), (query, name)


@pytest.mark.skipif(not shutil.which("perl"), reason="gdeval is a Perl program")
def test_err_and_exponential_ndcg_agree_with_gdeval() -> None:
    """It prints five decimals, and its best rating is 4."""
    script = (
        "import sys, json, ir_measures\n"
        "from ir_measures import ERR, nDCG\n"
        "cases = json.load(sys.stdin)\n"
        "qrels = [ir_measures.Qrel(q, p, r) for q, (_, rs) in cases.items()"
        " for p, r in rs.items()]\n"
        "run = [ir_measures.ScoredDoc(q, p, float(-a)) for q, (ps, _) in cases.items()"
        " for a, p in enumerate(ps)]\n"
        "measures = [ERR@10, nDCG(dcg='exp-log2')@10]\n"
        "print(json.dumps([[e.query_id, str(e.measure), e.value]"
        " for e in ir_measures.iter_calc(measures, qrels, run)]))\n"
    )
    import json

    given_cases = {query: case for query, case in cases(40, 4).items() if case[0]}
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=json.dumps(given_cases),
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = {(query, measure): value for query, measure, value in json.loads(done.stdout)}
    for query, (ranked, ratings) in given_cases.items():
        err = expected_reciprocal_rank(ranked, ratings, 10, 4)
        assert err == pytest.approx(theirs[query, "ERR@10"], abs=1e-5)
        ndcg = metric_value(metric_of("ndcg", 10), ranked, ratings, top=4)
        assert ndcg == pytest.approx(theirs[query, "nDCG(dcg='exp-log2')@10"], abs=1e-5)


def test_err_is_the_expectation_it_says() -> None:
    # Ratings 3, 0, 2 of 3: stops with 7/8, 0, 3/8.
    ratings = {"a": 3, "b": 0, "c": 2}
    by_hand = 7 / 8 + (1 / 8) * (3 / 8) / 3
    assert expected_reciprocal_rank(["a", "b", "c"], ratings, 10, 3) == pytest.approx(by_hand)
    assert expected_reciprocal_rank(["a", "b", "c"], ratings, 2, 3) == pytest.approx(7 / 8)
    assert expected_reciprocal_rank([], ratings, 10, 3) == 0.0


def test_dcg_by_hand() -> None:
    dcg = metric_value(metric_of("dcg", 10), ["a", "x", "c"], {"a": 3, "c": 2}, top=3)
    assert dcg == pytest.approx(7.0 + 3.0 / 2.0)


def test_scores_of_a_query() -> None:
    scores = query_scores(["a", "b"], {"a": 2, "z": 1}, top=3)
    assert tuple(scores) == METRIC_KEYS
    assert query_scores(["a"], {"a": 0}, top=3) == {}
    assert metric_value(metric_of("map", 10), ["a"], {"a": 0}, top=3) == 0.0
    with pytest.raises(NothingRelevant):
        metric_value(metric_of("ndcg", 10), ["a"], {"a": 0}, top=3)


def test_every_metric_is_defined_in_words() -> None:
    told = definitions()
    for metric in METRICS:
        assert "{" not in told[metric.key]
        assert metric.title.endswith(f"@{metric.k}")
    with pytest.raises(ValueError, match="one position"):
        metric_of("ndcg", 0)
    with pytest.raises(KeyError):
        metric_of("none", 10)


@given(
    st.dictionaries(st.text(max_size=2), st.integers(0, 4), max_size=20),
    st.randoms(),
    st.integers(1, 30),
)
def test_metrics_keep_their_bounds(ratings: dict[str, int], random: Random, k: int) -> None:
    ranked = [*ratings, "unjudged"]
    random.shuffle(ranked)
    if not any(ratings.values()):
        return
    for name in ("ndcg", "mrr", "map", "p", "recall", "err", "judged"):
        assert 0.0 <= metric_value(metric_of(name, k), ranked, ratings, top=4) <= 1.0 + 1e-12
