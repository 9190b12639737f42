"""A trace in words and pictures; a report in words."""

from dataclasses import replace
from datetime import timedelta

import pytest

from apps.experiments.contracts.assignment import Assignment, Status, TraceStep
from apps.experiments.contracts.assignment import Reason as Why
from apps.experiments.contracts.design import UnitType
from apps.experiments.domain.pages.page import results_page
from apps.experiments.domain.pages.report import report_of
from apps.experiments.domain.pages.tracing import (
    AttributesInvalid,
    attributes_read,
    reason_words,
    step_picture,
    step_title,
    step_words,
    unit_names,
)
from tests.experiments.pages import results_factory as made

NB = "\u00a0"
MINUS = "\N{MINUS SIGN}"
NONE = "\N{EN DASH}"
NAMES = {"control": "As it is", "fresh": "Fresh first"}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", {}),
        ('{"device": "mobile", "age": 3}', {"device": "mobile", "age": 3}),
        ("device = mobile\n\nage=3\nnew=true", {"device": "mobile", "age": 3, "new": True}),
    ],
)
def test_attributes_are_read(text: str, wanted: dict[str, object]) -> None:
    assert attributes_read(text) == wanted


@pytest.mark.parametrize("text", ["{", "device", "=3"])
def test_attributes_that_cannot_be_read(text: str) -> None:
    with pytest.raises(AttributesInvalid):
        attributes_read(text)


def test_units_have_canonical_names() -> None:
    assert unit_names(UnitType.CLIENT, "a") == ("c:a", "u:a")
    assert unit_names(UnitType.REQUEST, "a") == ("q:a",)
    assert unit_names(UnitType.SESSION, "s:a") == ("s:a",)


def step(name: str, *, passed: bool = True, **detail: object) -> TraceStep:
    return TraceStep(name, passed, detail)  # type: ignore[arg-type]  # JSON by construction


def test_a_trace_in_words() -> None:
    assert (
        step_words(step("phase", number=2, coverage=0.05)) == f"Phase 2, 5{NB}% of units covered."
    )
    assert "?" in step_words(step("phase"))
    assert "no variant" in step_words(step("bucket", bucket=0.5))
    assert step_words(step("layer", passed=False)) == "Hash no hash does not pass."
    assert step_words(step("targeting", passed=False)) == "No."
    assert "because: split" in step_words(step("outcome", variant="a", reason="split"))
    assert step_title(step("some_other")) == "some other"
    for reason in Why:
        found = Assignment("k", "a", 0, 1, in_experiment=True, forced=False, reason=reason)
        assert reason_words(found).endswith(".")


def test_a_trace_in_pictures() -> None:
    ranges: list[object] = [[0.0, 0.5], [0.5, 1.0]]
    assert step_picture(step("bucket", bucket=0.2, ranges=ranges), NAMES) is not None
    assert step_picture(step("layer", bucket=0.2, passes=[[0, 1]]), NAMES) is not None
    assert step_picture(step("bucket", bucket=0.2, ranges=["x"]), NAMES) is None
    assert step_picture(step("bucket", bucket=0.2), NAMES) is None
    assert step_picture(step("unit"), NAMES) is None


def test_reports_say_the_decision_or_the_recommendation() -> None:
    from apps.experiments.contracts.lifecycle import DecisionView, ExperimentView, Outcome

    results = made.results_of()
    view = ExperimentView(
        1, "k", Status.RUNNING, made.design_of(), 1, None, True, (), {}, "mara", made.START,
        made.START, None, None,
    )  # fmt: skip
    page = results_page(results, view.design)

    def said(each: ExperimentView) -> tuple[str, str]:
        report = report_of(each, replace(results, days_planned=None), page, badges=(), variants=(), timeline=None, written_at=made.AS_OF)  # fmt: skip
        return report.over, report.headline

    assert said(view) == ("Recommendation", results.recommendation.headline)
    decision = DecisionView(Outcome.SHIP, "fresh", "why", "chris", made.AS_OF, 1, {})
    assert said(replace(view, decision=decision)) == (
        "Decided 2026-11-19 15:00 UTC by chris",
        "Ship: fresh",
    )
    nobody = replace(decision, variant="", decided_by="", outcome=Outcome.ROLL_BACK)
    assert said(replace(view, decision=nobody)) == ("Decided 2026-11-19 15:00 UTC", "Roll back")
    assert made.START + timedelta(days=18, hours=6) == made.AS_OF
