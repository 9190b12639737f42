"""A report on paper: what its pages say, before anybody draws them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from apps.experiments.contracts.lifecycle import ExperimentView
from apps.experiments.contracts.results import ExperimentResults
from apps.experiments.domain.charts.marks import Chart
from apps.experiments.domain.pages import formats
from apps.experiments.domain.pages.badges import Badge
from apps.experiments.domain.pages.page import ResultsPage, band_words


@dataclass(frozen=True, slots=True)
class Report:
    """A report's content.

    Attributes:
        facts: (name, value) pairs of head and setup.
        warning: why it must not be read; empty when it may.
        headline, reasons: the decision if there is one, else the recommendation.
        variants: (name, payload in words, weight, units).
        footer: one line for every page.
    """

    title: str
    key: str
    hypothesis: str
    badges: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    warning: tuple[str, ...]
    over: str
    headline: str
    reasons: tuple[str, ...]
    plan: str
    page: ResultsPage
    timeline: Chart | None
    variants: tuple[tuple[str, ...], ...]
    footer: str


def report_of(
    view: ExperimentView,
    results: ExperimentResults,
    page: ResultsPage,
    *,
    badges: tuple[Badge, ...],
    variants: tuple[tuple[str, ...], ...],
    timeline: Chart | None,
    written_at: datetime,
) -> Report:
    """The report of one analysis."""
    over, headline, reasons = _said(view, results)
    as_of = formats.moment_written(results.as_of)
    return Report(
        title=view.design.name,
        key=view.key,
        hypothesis=view.design.hypothesis,
        badges=tuple(badge.text for badge in badges),
        facts=(*_running(results), *_setup(view).items()),
        warning=() if results.readable else results.unreadable_because,
        over=over,
        headline=headline,
        reasons=reasons,
        plan=f"{results.plan_words} Intervals are the {band_words(view.design)}.",
        page=page,
        timeline=timeline,
        variants=variants,
        footer=f"{view.key} · as of {as_of} · written {formats.moment_written(written_at)}",
    )


def _said(view: ExperimentView, results: ExperimentResults) -> tuple[str, str, tuple[str, ...]]:
    decision = view.decision
    if decision is None:
        found = results.recommendation
        return "Recommendation", found.headline, found.reasons
    who = f" by {decision.decided_by}" if decision.decided_by else ""
    over = f"Decided {formats.moment_written(decision.decided_at)}{who}"
    headline = formats.words(decision.outcome.value).capitalize()
    return (
        over,
        f"{headline}: {decision.variant}" if decision.variant else headline,
        (decision.text,),
    )


def _running(results: ExperimentResults) -> tuple[tuple[str, str], ...]:
    ran = formats.days_written(results.days_running)
    planned = results.days_planned
    days = ran if planned is None else f"{ran} of {formats.days_written(planned)}"
    return (("Running", days), ("As of", formats.moment_written(results.as_of)))


def _setup(view: ExperimentView) -> Mapping[str, str]:
    design = view.design
    plan = design.plan
    power, effect = formats.share_written(plan.power), formats.share_written(plan.mde)
    return {
        "Status": formats.words(view.status.value),
        "Unit": design.unit.value,
        "Surface": formats.words(design.surface),
        "Method": f"{formats.words(plan.method.value)}, {formats.words(plan.horizon.value)}",
        "Level": formats.level_written(plan.alpha),
        "Planned": f"{power} power for {effect}",
        "Correction": formats.words(plan.correction.value),
        "Owner": view.owner or formats.NO_VALUE,
    }
