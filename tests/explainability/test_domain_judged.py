"""Files, queues, configurations and comparisons; no database."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.domain.relevance import NotComputable, PairedDifference
from apps.explainability.contracts.judged import (
    PUBLISHED,
    Configuration,
    ConfigurationInvalid,
    JudgementsInvalid,
    MetricFigure,
    QueryScore,
    Rating,
)
from apps.explainability.domain.comparing import figures_of, gate_verdict, runs_compare
from apps.explainability.domain.configurations import (
    configuration_json,
    configuration_of,
    configuration_parse,
    configuration_words,
)
from apps.explainability.domain.judgement_csv import RatingsReader
from apps.explainability.domain.metrics import METRIC_KEYS, query_scores
from apps.explainability.domain.rating_queue import median_low, pool_of, queue_of

HEAD = "query,product_id,rating\n"


def read(*lines: str, top: int = 3) -> list[Rating]:
    return list(RatingsReader(lines, top=top).ratings())


def test_ratings_are_read() -> None:
    assert read(HEAD, "mouse,a,3\n", "mouse,a,3\n", " hub , b ,0\n") == [
        Rating("mouse", "a", 3),
        Rating("hub", "b", 0),
    ]
    with_raters = read("query,product_id,rating,rater\n", "m,a,4,ada\n", "m,a,1,bob\n", top=4)
    assert [each.rater for each in with_raters] == ["ada", "bob"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("mouse,a,4\n", "from 0 to 3"),
        ("mouse,a,-1\n", "from 0 to 3"),
        ("mouse,a,1.5\n", "from 0 to 3"),
        ("mouse,a\n", "from 0 to 3"),
        (",a,1\n", "needs a query"),
        ("mouse,,1\n", "needs a query"),
        ("mouse,b,2\n", "differently"),
        ("mouse,a,1,2\n", "more fields"),
        ("mo\x00use,a,1\n", "NUL"),
        (f"{'q' * 257},a,1\n", "query is longer"),
        (f"mouse,{'p' * 201},1\n", "product_id is longer"),
    ],
)
def test_a_wrong_line_is_named(line: str, says: str) -> None:
    with pytest.raises(JudgementsInvalid, match=f"line 3: .*{says}") as refused:
        read(HEAD, "mouse,b,1\n", line)
    assert refused.value.lines[0][0] == 3


def test_wrong_lines_are_told_together() -> None:
    with pytest.raises(JudgementsInvalid, match="and 5 lines more") as refused:
        read(HEAD, *(f"q{at},a,9\n" for at in range(25)))
    assert [line for line, _ in refused.value.lines] == list(range(2, 22))


@pytest.mark.parametrize(
    "head", ["", "q,p,r\n", "query,product_id\n", "query,product_id,rating,x\n"]
)
def test_other_columns_are_refused(head: str) -> None:
    with pytest.raises(JudgementsInvalid, match="line 1: the columns"):
        read(head, "a,b,1\n")


def test_what_is_no_csv_and_a_file_beyond_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(JudgementsInvalid, match="line 2: new-line"):
        read(HEAD, "q,a\rb,1\n")
    monkeypatch.setattr("apps.explainability.domain.judgement_csv.MOST_ROWS", 1)
    with pytest.raises(JudgementsInvalid, match="more than 1"):
        read(HEAD, "q,a,1\n", "q,b,1\n")


@given(
    st.dictionaries(st.text(min_size=1, max_size=3), st.sets(st.text(min_size=1, max_size=3))),
    st.text(max_size=5),
)
def test_a_queue_holds_everything_once_and_stays(pools: dict[str, set[str]], rater: str) -> None:
    queue = queue_of(pools, {}, rater=rater, list_id=1)
    things = [(item.query, item.product_id) for item in queue.items]
    assert sorted(things) == sorted((query, each) for query in pools for each in pools[query])
    assert queue == queue_of(pools, {}, rater=rater, list_id=1)
    assert queue.rated == 0
    # A query is rated as a whole before the next one begins.
    asked = [query for query, _ in things]
    assert (
        len(set(asked)) == sum(a != b for a, b in zip(asked, ["", *asked], strict=False))
        or not asked
        or "" in asked
    )


def test_raters_have_orders_of_their_own() -> None:
    pools = {"mouse": [f"p{at}" for at in range(8)], "hub": ["a", "b", "c"]}
    orders = {queue_of(pools, {}, rater=f"r{at}", list_id=1).items for at in range(10)}
    assert len(orders) > 5
    assert (
        queue_of(pools, {}, rater="ada", list_id=2).items
        != queue_of(pools, {}, rater="ada", list_id=1).items
    )


def test_the_next_one_and_places() -> None:
    first = queue_of({"q": ["a", "b", "c"]}, {}, rater="ada", list_id=1)
    order = [item.product_id for item in first.items]
    own = {("q", order[0]): 2, ("q", order[2]): 0}
    queue = queue_of({"q": ["a", "b", "c"]}, own, rater="ada", list_id=1)
    assert queue.rated == 2
    assert queue.next_unrated() == 2
    assert queue.next_unrated(2) == 2  # round to the start
    assert queue.place_of("q", order[2]) == 3
    assert queue.place_of("q", "z") is None
    assert queue_of({}, {}, rater="ada", list_id=1).next_unrated() is None


def test_pools_and_medians() -> None:
    assert pool_of([["c", "a"], ["b", "a", "d"]], depth=2) == ("a", "b", "c")
    assert median_low([3]) == 3
    assert median_low([0, 3]) == 0
    assert median_low([3, 1, 2]) == 2
    with pytest.raises(ValueError, match="no rating"):
        median_low([])


@pytest.mark.parametrize(
    ("text", "configuration", "words"),
    [
        ("published", PUBLISHED, "as published"),
        ("", PUBLISHED, "as published"),
        ("not_understood", Configuration("not_understood"), "not understood alone"),
        (
            "ranking_weights:12",
            Configuration(draft_kind="ranking_weights", draft_id=12),
            "as if ranking weights draft 12 were published",
        ),
        (
            '{"payload": {"search": {"semantic": false}}}',
            Configuration(payload={"search": {"semantic": False}}),
            'with {"search": {"semantic": false}}',
        ),
    ],
)
def test_configurations_are_written_and_read(
    text: str, configuration: Configuration, words: str
) -> None:
    assert configuration_parse(text) == configuration
    assert configuration_of(configuration_json(configuration)) == configuration
    assert configuration_words(configuration) == words


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("{", "configuration"),
        ("ranking_weights:x", "draft_id"),
        (":1", "draft_id"),
        ('{"systems": "served"}', "systems"),
        ('{"system": 1}', "system"),
        ('{"draft_kind": 1}', "draft_kind"),
        ('{"draft_kind": "synonyms"}', "draft_id"),
        ('{"draft_kind": "synonyms", "draft_id": true}', "draft_id"),
    ],
)
def test_no_configurations(text: str, field: str) -> None:
    with pytest.raises(ConfigurationInvalid) as refused:
        configuration_parse(text)
    assert refused.value.field == field


def test_a_configuration_is_an_object() -> None:
    with pytest.raises(ConfigurationInvalid, match="object"):
        configuration_of([])


def score(query: str, *ranked: str) -> QueryScore:
    return QueryScore(query, ranked, query_scores(ranked, {"a": 3, "b": 1}, top=3))


def test_runs_are_compared_query_by_query() -> None:
    before = [score(f"q{at}", "a", "b") for at in range(12)]
    after = [score(f"q{at}", *("b", "a") if at < 10 else ("a", "b")) for at in range(12)]
    found = runs_compare([*before, score("old", "a")], [*after, QueryScore("none", (), {})])
    assert found.queries == 12
    assert (found.gated.better, found.gated.worse, found.unmoved) == (0, 10, 2)
    assert found.best == ()
    assert len(found.worst) == 10
    assert found.worst[0].change < 0
    assert found.worst[0].ranked_after == ("b", "a")
    verdict = gate_verdict(found, alpha=0.05)
    assert (verdict.fell, verdict.rose) == (True, False)
    assert "NDCG@10 falls" in verdict.words
    again = gate_verdict(runs_compare(after, before), alpha=0.05)
    assert (again.fell, again.rose) == (False, True)
    assert "rises" in again.words
    same = runs_compare(before, before)
    assert isinstance(same.gated.tested, PairedDifference)
    assert same.gated.tested.p_value == 1.0
    assert "does not differ" in gate_verdict(same, alpha=0.05).words


def test_one_query_is_no_comparison() -> None:
    found = runs_compare([score("q", "a")], [score("q", "b")])
    assert isinstance(found.gated.tested, NotComputable)
    verdict = gate_verdict(found, alpha=0.05)
    assert not verdict.fell
    assert "cannot be compared" in verdict.words
    nothing = runs_compare([], [])
    assert (nothing.gated.before, nothing.gated.after) == (None, None)


def test_figures_over_queries() -> None:
    figures = figures_of([score("q", "a", "b").scores, score("r", "x", "a").scores, {}])
    assert tuple(figures) == METRIC_KEYS
    ndcg = figures["ndcg@10"]
    assert ndcg.mean is not None
    assert ndcg.low is not None
    assert ndcg.low <= ndcg.mean <= (ndcg.high or math.nan)
    assert figures_of([])["ndcg@10"] == MetricFigure(None, None, None)
    one = figures_of([score("q", "a").scores])["p@10"]
    assert (one.mean, one.low) == (0.1, None)
