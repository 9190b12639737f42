"""The chart of runs and the lines of a comparison, as pure values."""

from datetime import UTC, datetime, timedelta

from apps.explainability.contracts.judged import (
    Configuration,
    EvaluationStatus,
    MetricFigure,
    QueryScore,
    RunView,
)
from apps.explainability.domain.comparing import runs_compare
from apps.explainability.domain.metrics import query_scores
from apps.explainability.domain.pages.compare import metric_lines, signed, tone_of
from apps.explainability.domain.pages.run_chart import number, runs_chart

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def run(
    number: int, words: str = "as published", *, figure: MetricFigure | None = None
) -> RunView:
    finished = None if figure is None else NOW + timedelta(days=number)
    return RunView(
        id=number,
        list_id=1,
        list_name="list",
        label="",
        configuration=Configuration(),
        words=words,
        versions={},
        judged_as="x",
        status=EvaluationStatus.FINISHED,
        created_at=NOW,
        started_at=NOW,
        finished_at=finished,
        requested_by="",
        queries=3,
        judgements=9,
        figures={} if figure is None else {"ndcg@10": figure},
    )


def test_a_chart_needs_two_measured_runs() -> None:
    assert runs_chart([]) is None
    assert runs_chart([run(1, figure=MetricFigure(0.5, 0.4, 0.6)), run(2)]) is None


def test_every_configuration_is_a_line_in_the_order_of_runs() -> None:
    runs = [
        run(3, "keyword alone", figure=MetricFigure(0.4, None, None)),
        run(2, figure=MetricFigure(0.6, 0.5, 0.7)),
        run(1, figure=MetricFigure(0.5, 0.4, 0.6)),
    ]
    chart = runs_chart(runs)
    assert chart is not None
    assert chart.legend == (("line-1", "as published"), ("line-2", "keyword alone"))
    assert [row[0] for row in chart.rows] == ["1", "2", "3"]
    assert chart.rows[2][3:] == ("0.400", "\N{EN DASH}", "\N{EN DASH}")
    assert chart.wide.stops[0].text.endswith("as published: 0.500 (0.400 to 0.600)")
    assert chart.narrow.width < chart.wide.width
    assert len(chart.narrow.stops) == 3


def test_only_the_latest_configurations_are_drawn_and_long_words_cut() -> None:
    figure = MetricFigure(0.5, 0.4, 0.6)
    runs = [run(at, f"{'long ' * 20}{at}", figure=figure) for at in range(1, 9)]
    chart = runs_chart(runs)
    assert chart is not None
    assert len(chart.legend) == 5
    assert len(chart.rows) == 5
    assert all(len(words) <= 60 for _, words in chart.legend)


def test_lines_of_a_comparison() -> None:
    def score(query: str, *ranked: str) -> QueryScore:
        return QueryScore(query, ranked, query_scores(ranked, {"a": 3, "b": 1}, top=3))

    before = [score(f"q{at}", "b", "x", "a") for at in range(9)]
    after = [score(f"q{at}", "a", "b") for at in range(9)]
    lines = {line.title: line for line in metric_lines(runs_compare(before, after))}
    assert lines["NDCG@10"].tone == "better"
    assert lines["NDCG@10"].picture is not None
    assert lines["P@10"].tone == "unclear"
    assert tone_of(runs_compare(after, before).gated.tested) == "worse"
    one = metric_lines(runs_compare(before[:1], after[:1]))[0]
    assert (one.picture, one.tone) == (None, "unclear")
    assert "two queries" in one.interval
    assert number(None) == "\N{EN DASH}"
    assert signed(-0.1234) == "\N{MINUS SIGN}0.123"
