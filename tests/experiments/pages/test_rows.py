"""Result tables, origins, panels and plain rows."""

import math
from dataclasses import replace
from datetime import date

import pytest

from apps.experiments.contracts.design import Horizon, MetricRole
from apps.experiments.contracts.results import (
    DimensionResult,
)
from apps.experiments.contracts.rollups import RollupKey, RollupSums
from apps.experiments.domain.pages.exports import (
    DAY_COLUMNS,
    RESULT_COLUMNS,
    day_rows,
    file_stem,
    result_rows,
    table_csv,
)
from apps.experiments.domain.pages.origins import input_written, method_parts
from apps.experiments.domain.pages.page import band_words, results_page
from apps.experiments.domain.pages.rows import Impact
from tests.experiments.pages import results_factory as made

NB = "\u00a0"
MINUS = "\N{MINUS SIGN}"
NONE = "\N{EN DASH}"
NAMES = {"control": "As it is", "fresh": "Fresh first"}


@pytest.mark.parametrize(
    ("method", "parts"),
    [
        ("t_test#tests-and-intervals", ("t test", "tests-and-intervals")),
        ("Welch t (docs/statistics.md#effects)", ("Welch t", "effects")),
        ("#bayesian", ("bayesian", "bayesian")),
        ("statistics-bandits.md#thompson", ("thompson", "thompson")),
        ("holm", ("holm", "")),
    ],
)
def test_methods_and_their_anchors(method: str, parts: tuple[str, str]) -> None:
    assert method_parts(method) == parts


def test_inputs_are_written_in_full() -> None:
    assert [input_written(each) for each in (None, "a", 3, 1234567.0, 0.123456789, -0.5, 1e300)] == [
        "none", "a", "3", "1,234,567", "0.12345679", f"{MINUS}0.5", "1e+300",
    ]  # fmt: skip


def test_rows_of_all_kinds() -> None:
    page = results_page(made.cannot_compute_results(), made.design_of(), impact=Impact.RELATIVE)
    first, funnel, open_end = page.table.metrics
    assert "no variance" in first.rows[0].state
    assert first.rows[0].picture is None
    assert first.rows[0].verdict == "Cannot be computed"
    assert [len(line) for line in funnel.steps] == [4, 4, 4, 1]
    assert open_end.rows[0].change.beneath.startswith(f"{MINUS}∞")
    assert open_end.rows[0].evidence.origin == ""
    assert page.timeline is not None
    keys = [origin.key for origin in page.table.origins]
    assert len(keys) == len(set(keys))


def test_every_cell_names_an_origin_that_is_there() -> None:
    for impact in Impact:
        page = results_page(
            made.large_results(), made.design_of(4), impact=impact, metric="metric_1"
        )
        for table in (page.table, page.guardrails, *(each.table for each in page.dimensions)):
            keys = {origin.key for origin in table.origins}
            assert len(keys) == len(table.origins)
            for metric in table.metrics:
                for row in metric.rows:
                    cells = (row.control, row.treatment, row.evidence, row.change)
                    assert {cell.origin for cell in cells} <= keys
        assert (page.table.axis is None) == (impact is not Impact.RELATIVE)
        assert page.metric == "metric_1"


def test_odd_results_still_make_a_page() -> None:
    results = made.results_of()
    metric = results.metrics[0]
    bare = replace(
        metric,
        arms=metric.arms[:1],
        comparisons=(
            replace(metric.comparisons[0], variant="gone", cuped=True, variance_reduction=None, scaled_impact=None),
        ),
    )  # fmt: skip
    page = results_page(
        replace(results, metrics=(bare,), dimensions=(DimensionResult("d", "v", ()),), extra={}),
        made.design_of(), impact=Impact.SCALED, metric="none",
    )  # fmt: skip
    row = page.table.metrics[0].rows[0]
    assert (row.name, row.treatment.text, row.change.text) == ("gone", NONE, NONE)
    assert row.notes == ("adjusted by covariates (CUPED)",)
    assert page.dimensions == ()
    guardrail = replace(bare, role=MetricRole.GUARDRAIL)
    alone = results_page(replace(results, metrics=(guardrail,)), made.design_of())
    assert alone.effects == ()
    assert alone.metric == ""


def test_bayesian_rows_say_chance_and_loss() -> None:
    page = results_page(made.bayesian_results(), made.bayesian_design())
    assert page.table.evidence_head == "Chance to win"
    first = page.table.metrics[0].rows[0].evidence
    assert (first.text, first.beneath) == (f"99.0{NB}%", f"expected loss 0.040{NB}%")


def test_allocation_is_drawn_for_bandits() -> None:
    assert results_page(made.bandit_results(), made.bandit_design()).allocation is not None
    assert results_page(made.results_of(), made.design_of()).allocation is None


def test_preference_in_words() -> None:
    page = results_page(made.interleaving_results(decided=False), made.design_of())
    assert page.preference is not None
    assert page.preference.verdict == "Cannot be computed"
    found = made.interleaving_results()
    assert found.interleaving is not None
    against = replace(found.interleaving, preference=-0.2, ci=None)
    page = results_page(replace(found, interleaving=against), made.design_of())
    assert page.preference is not None
    assert page.preference.verdict == "As it is is preferred"
    unclear = replace(found.interleaving, significant=False)
    page = results_page(replace(found, interleaving=unclear), made.design_of())
    assert page.preference is not None
    assert page.preference.verdict == "No preference shown"


def test_bands_have_names() -> None:
    plan = made.design_of().plan
    for horizon, word in ((Horizon.GROUP_SEQUENTIAL, "repeated"), (Horizon.CONFIDENCE_SEQUENCE, "sequence"), (Horizon.FIXED, "read once")):  # fmt: skip
        assert word in band_words(made.design_of(plan=replace(plan, horizon=horizon)))
    assert "credible" in band_words(made.bayesian_design())


def test_results_as_plain_rows() -> None:
    rows = result_rows(made.cannot_compute_results())
    assert all(set(row) == set(RESULT_COLUMNS) for row in rows)
    assert rows[0]["state"] == "zero_variance"
    assert rows[2]["relative_low"] == -math.inf
    bare = replace(made.metric_of(), arms=())
    assert result_rows(made.results_of(metrics=(bare,)))[0]["control_n"] is None


def test_day_rows() -> None:
    key = RollupKey(1, "control", "m", "", "", date(2026, 1, 1))
    (row,) = day_rows("k", {key: RollupSums(1, 2, 3.0, 4.0, x=(1.0,), steps=(5, 6))})
    assert set(row) == set(DAY_COLUMNS)
    assert table_csv(DAY_COLUMNS, [row]).splitlines()[1].endswith('"[5, 6]",')


def test_a_spreadsheet_runs_nothing() -> None:
    written = table_csv(("a", "b", "c"), [{"a": "=1+1", "b": True, "c": math.inf}, {"a": None}])
    assert written.splitlines()[1:] == ["'=1+1,true,inf", ",,"]
    assert file_stem("a/b c", date(2026, 1, 2)) == "a-b-c-2026-01-02"
