"""What a report says: notices out of an analysis, the webhook's document, the mail's words."""

import math
from collections.abc import Iterator, Mapping
from datetime import datetime

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.design import ExperimentKind, MetricRole
from apps.experiments.contracts.reports import PAYLOAD_VERSION, Notice, Occasion, ReportSubject
from apps.experiments.contracts.results import (
    Comparison,
    ExperimentResults,
    HealthStatus,
    MetricResult,
)


def started_notice(subject: ReportSubject, weights: Mapping[str, float]) -> Notice:
    """An experiment went live."""
    shares = ", ".join(f"{key} {share:.1%}" for key, share in weights.items())
    return Notice(
        occasion=Occasion.STARTED,
        once="started",
        headline=f"“{subject.name}” has started.",
        reasons=(f"Allocation: {shares}.",),
        facts={"weights": dict(weights)},
    )


def notices(
    results: ExperimentResults, kind: ExperimentKind, *, ends_at: datetime | None = None
) -> tuple[Notice, ...]:
    """Everything in an analysis that is worth telling.

    Occasions come once a salt version: another allocation is another experiment to those who
    watch it. A bandit draws a salt at every update, so its occasions come once.

    Args:
        results: the analysis.
        kind: what the experiment is for.
        ends_at: when the schedule ends it; None without a date.
    """
    run = 0 if kind is ExperimentKind.BANDIT else results.salt_version
    return (
        *_srm(results, run),
        *_guardrails(results, run),
        *_significance(results, run),
        *_planned_end(results, run, ends_at),
    )


def _srm(results: ExperimentResults, run: int) -> Iterator[Notice]:
    alarms = [
        check
        for check in results.health
        if check.code == "srm" and check.status is HealthStatus.ALARM
    ]
    if not alarms:
        return
    yield Notice(
        occasion=Occasion.SRM,
        once=f"srm:{run}",
        headline="The variants do not hold the shares that were planned: do not read the result.",
        reasons=tuple(check.message for check in alarms),
        facts={
            "checks": [{"scope": check.scope, "p_value": check.p_value} for check in alarms],
            "units": dict(results.units),
        },
    )


def _guardrails(results: ExperimentResults, run: int) -> Iterator[Notice]:
    for metric, comparison in _comparisons(results, MetricRole.GUARDRAIL):
        if comparison.guardrail_breached:
            yield Notice(
                occasion=Occasion.GUARDRAIL_BREACH,
                once=f"guardrail:{run}:{metric.key}:{comparison.variant}",
                headline=f"{metric.title} is worse in {comparison.variant} than is tolerated.",
                reasons=(_effect_words(metric, comparison), f"Tolerated: {metric.margin:.1%}."),
                facts=_facts(metric, comparison),
            )


def _significance(results: ExperimentResults, run: int) -> Iterator[Notice]:
    """The primary metric, once it may be read as evidence."""
    if results.interleaving is not None and results.interleaving.significant and results.readable:
        yield _preference(results, run)
    for metric, comparison in _comparisons(results, MetricRole.PRIMARY):
        if results.readable and comparison.significant:
            yield Notice(
                occasion=Occasion.SIGNIFICANCE,
                once=f"significance:{run}:{metric.key}:{comparison.variant}",
                headline=f"{metric.title} differs in {comparison.variant}.",
                reasons=(
                    _effect_words(metric, comparison),
                    results.recommendation.headline,
                    *results.recommendation.reasons,
                ),
                facts=_facts(metric, comparison),
            )


def _preference(results: ExperimentResults, run: int) -> Notice:
    panel = results.interleaving
    if panel is None:  # pragma: no cover - the caller asked before
        raise ValueError("no interleaving")
    better = panel.variants[panel.wins[1] > panel.wins[0]]
    decided = sum(panel.wins)
    return Notice(
        occasion=Occasion.SIGNIFICANCE,
        once=f"significance:{run}:interleaving",
        headline=f"Shoppers prefer the ranking of {better}.",
        reasons=(
            f"{max(panel.wins)} of {decided} units clicked more on it, p = {panel.p_value:.4g}.",
            results.recommendation.headline,
        ),
        facts={
            "variant": better,
            "wins": dict(zip(panel.variants, panel.wins, strict=True)),
            "ties": panel.ties,
            "p_value": panel.p_value,
        },
    )


def _planned_end(
    results: ExperimentResults, run: int, ends_at: datetime | None
) -> Iterator[Notice]:
    planned = results.days_planned
    lasted = planned is not None and results.days_running >= planned
    ended = ends_at is not None and results.as_of >= ends_at
    if not lasted and not ended:
        return
    yield Notice(
        occasion=Occasion.PLANNED_END,
        once=f"planned_end:{run}",
        headline=f"The planned end is reached after {results.days_running:.0f} days.",
        reasons=(results.recommendation.headline, *results.recommendation.reasons),
        facts={
            "days_running": results.days_running,
            "days_planned": planned,
            "recommended": results.recommendation.action.value,
        },
    )


def _comparisons(
    results: ExperimentResults, role: MetricRole
) -> Iterator[tuple[MetricResult, Comparison]]:
    for metric in results.metrics:
        if metric.role is role:
            for comparison in metric.comparisons:
                yield metric, comparison


def _effect_words(metric: MetricResult, comparison: Comparison) -> str:
    """The relative effect with its interval, else the absolute one."""
    if comparison.relative is not None:
        low, high = (_bound(end, ".2%") for end in comparison.relative.ci)
        return f"{metric.title}: {comparison.relative.estimate:+.2%} (from {low} to {high})."
    if comparison.absolute is not None:
        low, high = (_bound(end, ".4g") for end in comparison.absolute.ci)
        return f"{metric.title}: {comparison.absolute.estimate:+.4g} (from {low} to {high})."
    return f"{metric.title}: no effect can be computed."


def _bound(value: float, form: str) -> str:
    return "no bound" if math.isinf(value) else f"{value:+{form}}"


def _facts(metric: MetricResult, comparison: Comparison) -> dict[str, Json]:
    relative = comparison.relative
    return {
        "metric": metric.key,
        "metric_version": metric.version,
        "variant": comparison.variant,
        "verdict": comparison.verdict.value,
        "relative_effect": relative.estimate if relative else None,
        "ci": [_end(end) for end in relative.ci] if relative else None,
        "p_value": comparison.p_value,
        "adjusted_p_value": comparison.adjusted_p_value,
        "chance_to_win": comparison.chance_to_win,
        "margin": metric.margin if metric.role is MetricRole.GUARDRAIL else None,
    }


def _end(value: float) -> float | None:
    """An end of an interval; none where it is open: JSON knows no infinity."""
    return None if math.isinf(value) else value


def report_document(
    subject: ReportSubject, notice: Notice, *, told_at: datetime, url: str
) -> dict[str, Json]:
    """The webhook's body (version 1, docs/experiments-reports.md) without its delivery's id."""
    return {
        "version": PAYLOAD_VERSION,
        "occasion": notice.occasion.value,
        "occurred_at": told_at.isoformat(),
        "headline": notice.headline,
        "reasons": list(notice.reasons),
        "facts": dict(notice.facts),
        "experiment": {
            "key": subject.key,
            "name": subject.name,
            "hypothesis": subject.hypothesis,
            "owner": subject.owner,
            "status": subject.status,
            "variants": [
                {"key": key, "name": name, "control": place == 0}
                for place, (key, name) in enumerate(subject.variants.items())
            ],
            "url": url,
        },
    }


def mail_words(document: Mapping[str, Json]) -> tuple[str, str]:
    """Subject and text of the e-mail that tells what a document tells."""
    experiment = document["experiment"]
    reasons = document["reasons"]
    if not isinstance(experiment, dict) or not isinstance(reasons, list):
        raise TypeError("no report")
    subject = f"[Endcap] {experiment['key']}: {document['headline']}"
    lines = [
        str(document["headline"]),
        "",
        *(f"- {reason}" for reason in reasons),
        "",
        f"Experiment: {experiment['name']} ({experiment['key']}), {experiment['status']}",
        f"Hypothesis: {experiment['hypothesis'] or 'none was written'}",
        f"Owner: {experiment['owner'] or 'nobody'}",
        f"Results: {experiment['url']}",
        "",
    ]
    return " ".join(subject.split()), "\n".join(lines)
