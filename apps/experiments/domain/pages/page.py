"""A whole result page from one set of results: what screen, report and PDF all show."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from apps.experiments.contracts.design import ExperimentDesign, Horizon, Method, MetricRole
from apps.experiments.contracts.results import (
    DimensionResult,
    ExperimentResults,
    InterleavingResult,
    MetricResult,
)
from apps.experiments.domain.analysis.currencies import currency_written
from apps.experiments.domain.charts.allocation import allocation_chart
from apps.experiments.domain.charts.effects import EffectWords, effect_chart
from apps.experiments.domain.charts.exposures import (
    cumulative_chart,
    daily_chart,
    exposure_counts,
)
from apps.experiments.domain.charts.marks import Chart
from apps.experiments.domain.charts.preference import preference_chart
from apps.experiments.domain.charts.timeline import timeline_chart
from apps.experiments.domain.pages import formats
from apps.experiments.domain.pages.health import HealthGroup, health_groups
from apps.experiments.domain.pages.rows import Impact, ResultTable, TableOptions
from apps.experiments.domain.pages.tables import result_table

_SLUG = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class DimensionView:
    """One metric by the values of a dimension."""

    name: str
    table: ResultTable


@dataclass(frozen=True, slots=True)
class PreferenceView:
    """The interleaving panel, written."""

    wins: tuple[tuple[str, str, str], ...]
    ties: str
    preference: str
    interval: str
    p: str
    verdict: str
    level: str
    state: str
    chart: Chart | None


@dataclass(frozen=True, slots=True)
class ResultsPage:
    """Everything a page shows that comes from results.

    Attributes:
        metric: key of the metric that dimensions show.
        metrics: (key, title) of those that could be shown.
        units: (name, written count, share of all) per variant.
        money: what must be known of amounts; empty when they are of one currency.
    """

    impact: Impact
    table: ResultTable
    guardrails: ResultTable
    effects: tuple[Chart, ...]
    daily: Chart | None
    cumulative: Chart | None
    allocation: Chart | None
    timeline: Chart | None
    preference: PreferenceView | None
    health: tuple[HealthGroup, ...]
    dimensions: tuple[DimensionView, ...]
    metric: str
    metrics: tuple[tuple[str, str], ...]
    units: tuple[tuple[str, str, str], ...]
    money: str = ""


def variant_names(design: ExperimentDesign) -> Mapping[str, str]:
    """Variant key → its name (the key when it has none), control first."""
    return {variant.key: variant.name or variant.key for variant in design.variants}


def results_page(
    results: ExperimentResults,
    design: ExperimentDesign,
    *,
    impact: Impact = Impact.RELATIVE,
    metric: str = "",
) -> ResultsPage:
    """The page; `metric` is the one that dimensions show (the primary when not known)."""
    names = {key: variant_names(design).get(key, key) for key in results.variants}
    currency, mixed = currency_written(results.extra)
    options = TableOptions(names, impact, "r", currency)
    guardrails = [m for m in results.metrics if m.role is MetricRole.GUARDRAIL]
    others = sorted(
        (m for m in results.metrics if m.role is not MetricRole.GUARDRAIL),
        key=lambda each: each.role is not MetricRole.PRIMARY,
    )
    days, counts = exposure_counts(results.exposures, results.variants)
    known = {each.key for each in results.metrics}
    chosen = metric if metric in known else (others[0].key if others else "")
    return ResultsPage(
        impact=impact,
        table=result_table(others, options),
        guardrails=result_table(guardrails, replace(options, prefix="g")),
        effects=_effects(results, design, names),
        daily=daily_chart(days, counts, names),
        cumulative=cumulative_chart(days, counts, names),
        allocation=_allocation(results, design, names),
        timeline=timeline_chart(results.phases, ends_at=results.as_of),
        preference=_preference(results.interleaving, design, names),
        health=health_groups(results.health),
        dimensions=_dimensions(results, chosen, options),
        metric=chosen,
        metrics=tuple((each.key, each.title) for each in results.metrics),
        units=_units(results, names),
        money=mixed,
    )


def _units(
    results: ExperimentResults, names: Mapping[str, str]
) -> tuple[tuple[str, str, str], ...]:
    total = sum(results.units.values())
    found = []
    for key, name in names.items():
        units = results.units.get(key, 0)
        share = formats.percent(units / total) if total else formats.NO_VALUE
        found.append((name, formats.count(units), share))
    return tuple(found)


def band_words(design: ExperimentDesign) -> str:
    """What the plan's interval is called."""
    level = formats.level_written(design.plan.alpha)
    if design.plan.horizon is Horizon.CONFIDENCE_SEQUENCE:
        return f"{level} confidence sequence (may be read every day)"
    if design.plan.horizon is Horizon.GROUP_SEQUENTIAL:
        return f"{level} repeated interval (read at planned looks)"
    if design.plan.method is Method.BAYESIAN:
        return f"{level} credible interval"
    return f"{level} interval (read once, at the planned end)"


def _effects(
    results: ExperimentResults, design: ExperimentDesign, names: Mapping[str, str]
) -> tuple[Chart, ...]:
    primary = next((m for m in results.metrics if m.role is MetricRole.PRIMARY), None)
    if primary is None:
        return ()
    charts = []
    for index, variant in enumerate(results.variants[1:], start=1):
        words = EffectWords(
            metric=primary.title,
            variant=names[variant],
            control=names[results.variants[0]],
            band=band_words(design),
            sequential=design.plan.horizon is not Horizon.FIXED,
            index=index,
        )
        points = [point for point in results.series if point.variant == variant]
        charts.append(effect_chart(points, words))
    return tuple(chart for chart in charts if chart is not None)


def _allocation(
    results: ExperimentResults, design: ExperimentDesign, names: Mapping[str, str]
) -> Chart | None:
    """Drawn for bandits, and wherever weights changed; ramps are in the timeline."""
    weights = {tuple(sorted(point.weights.items())) for point in results.allocation}
    if design.bandit is None and len(weights) < 2:  # noqa: PLR2004 - one allocation is no change
        return None
    return allocation_chart(results.allocation, names, ends_at=results.as_of)


def _preference(
    found: InterleavingResult | None, design: ExperimentDesign, names: Mapping[str, str]
) -> PreferenceView | None:
    if found is None:
        return None
    verdict = "No preference shown"
    if found.significant and found.preference is not None:
        winner = found.variants[1] if found.preference > 0 else found.variants[0]
        verdict = f"{names.get(winner, winner)} is preferred"
    if found.state is not None:
        verdict = "Cannot be computed"
    interval = [formats.change_written(end) for end in found.ci] if found.ci else []
    return PreferenceView(
        wins=tuple(
            (names.get(variant, variant), formats.count(wins), formats.count(credits_))
            for variant, wins, credits_ in zip(
                found.variants, found.wins, found.credits, strict=True
            )
        ),
        ties=formats.count(found.ties),
        preference=formats.change_written(found.preference),
        interval=formats.interval_written(*interval) if interval else "",
        p=formats.p_written(found.p_value),
        verdict=verdict,
        level=formats.level_written(design.plan.alpha),
        state="" if found.state is None else found.state.message,
        chart=preference_chart(found.days, found.variants, names),
    )


def _dimensions(
    results: ExperimentResults, metric: str, options: TableOptions
) -> tuple[DimensionView, ...]:
    names = dict.fromkeys(each.dimension for each in results.dimensions)
    found = []
    for place, name in enumerate(names):
        rows = [
            renamed
            for index, each in enumerate(d for d in results.dimensions if d.dimension == name)
            if (renamed := _renamed(each, metric, index)) is not None
        ]
        if rows:
            table = result_table(rows, replace(options, prefix=f"d{place}"))
            found.append(DimensionView(formats.words(name), table))
    return tuple(found)


def _renamed(result: DimensionResult, metric: str, index: int) -> MetricResult | None:
    """The metric within one value, titled by the value."""
    found = next((each for each in result.metrics if each.key == metric), None)
    if found is None:
        return None
    slug = _SLUG.sub("-", result.value.lower()).strip("-")
    return replace(found, key=f"{index}-{slug}", title=result.value or "(not said)")
