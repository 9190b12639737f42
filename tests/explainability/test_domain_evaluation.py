import pytest

from apps.explainability.domain.evaluation import (
    COMPARED,
    Answered,
    JudgementsInvalid,
    SystemRun,
    answerable_queries,
    answers_counted,
    definition,
    judgements_read,
    system_figures,
    systems_compared,
    unanswerable_queries,
)

LINES = [
    "query,product_id,rating\n",
    "mouse,a,3\n",
    "mouse,b,0\n",
    "hub,c,1\n",
    "nothing,d,0\n",
]


def test_reading_and_leaving_out() -> None:
    judgements = judgements_read(LINES)
    assert judgements == {"mouse": {"a": 3, "b": 0}, "hub": {"c": 1}, "nothing": {"d": 0}}
    assert answerable_queries(judgements) == ["mouse", "hub"]
    told = definition(judgements, 1)
    assert told["queries"] == 2
    assert told["queries_left_out_without_relevant_product"] == 1
    assert told["judgements"] == 4
    assert told["judged_products_not_in_catalogue"] == 1


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        (["q,p\n"], "line 1"),
        ([], "line 1"),
        ([*LINES, "hub,c,4\n"], "line 6"),
        ([*LINES, "hub,,1\n"], "line 6"),
        ([*LINES, ",c,1\n"], "line 6"),
        ([*LINES, "hub,c\n"], "line 6"),
        ([*LINES, "hub,c,2\n"], "line 6"),
    ],
)
def test_a_bad_list_names_its_line(lines: list[str], line: str) -> None:
    with pytest.raises(JudgementsInvalid, match=line):
        judgements_read(lines)


def test_figures_by_hand() -> None:
    judgements = judgements_read(LINES)
    run = SystemRun({"mouse": ["x", "a", "b"], "hub": []}, [1.0, 3.0])
    figures = system_figures(run, judgements)
    # One relevant product at rank 2: 1/log2(3); without the unjudged at rank 1: 1.
    assert figures["ndcg_at_10"] == pytest.approx(0.6309297535714575 / 2)
    assert figures["ndcg_at_10_judged_only"] == pytest.approx(0.5)
    assert figures["mrr"] == pytest.approx(0.25)
    assert figures["recall_at_100"] == pytest.approx(0.5)
    assert figures["zero_result_rate"] == pytest.approx(0.5)
    assert figures["judged_at_10"] == pytest.approx((2 / 3) / 2)
    assert figures["queries"] == 2
    assert figures["p50_ms"] == pytest.approx(2.0)
    interval = figures["ndcg_at_10_ci"]
    assert isinstance(interval, list)
    assert interval[0] <= 0.6309 / 2 <= interval[1]


def test_figures_of_no_query_are_none() -> None:
    figures = system_figures(SystemRun({}, []), {})
    assert figures["ndcg_at_10"] is None
    assert figures["ndcg_at_10_ci"] is None
    assert figures["p50_ms"] is None
    assert figures["queries"] == 0


def test_systems_are_compared_query_by_query() -> None:
    judgements = {"a": {"x": 3}, "b": {"y": 1}, "c": {"z": 2}, "none": {"x": 0}}
    good = SystemRun({"a": ["x"], "b": ["y"], "c": ["q"]}, [])
    bad = SystemRun({"a": ["x"], "b": ["q"], "c": ["z"]}, [])
    runs = {name: good if name == "hybrid" else bad for pair in COMPARED for name in pair}
    found = systems_compared(runs, judgements)["hybrid_over_baseline"]
    assert (found["better"], found["worse"], found["queries"]) == (1, 1, 3)
    assert found["difference"] == pytest.approx(0.0)
    assert found["p_value"] == pytest.approx(1.0)
    one = systems_compared(runs, {"a": {"x": 3}})["hybrid_over_baseline"]
    assert (one["difference"], one["ci"], one["p_value"]) == (None, None, None)
    assert unanswerable_queries(judgements) == ["none"]


def test_answers_are_counted_by_label() -> None:
    answers = {
        "a": Answered(0, "nothing"),
        "b": Answered(4, "semantic"),
        "c": Answered(5, "semantic"),
    }
    assert answers_counted(answers) == {"semantic": 2, "nothing": 1}
