"""One analysis: frozen roll-ups and a plan in, everything a result page shows out."""

from dataclasses import replace

from apps.experiments.contracts.analysis import AnalysisContext
from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.design import ExperimentKind, Horizon, Method, MetricUse
from apps.experiments.contracts.metrics import MetricVersionView
from apps.experiments.contracts.results import (
    AllocationPoint,
    DimensionResult,
    ExperimentResults,
    HealthCheck,
    InterleavingResult,
    MetricResult,
)
from apps.experiments.domain.analysis.checks_effect import (
    bias_check,
    novelty_checks,
    simpson_checks,
)
from apps.experiments.domain.analysis.checks_flow import freshness_check, missing_check
from apps.experiments.domain.analysis.checks_split import (
    mismatch_check,
    multiple_check,
    srm_checks,
)
from apps.experiments.domain.analysis.currencies import currency_found
from apps.experiments.domain.analysis.estimates import Estimate, pair_of
from apps.experiments.domain.analysis.looks import Looks, looks_taken
from apps.experiments.domain.analysis.readiness import (
    planned_units,
    readiness_of,
    run_ended,
)
from apps.experiments.domain.analysis.recommendation import days_left, leading, recommend
from apps.experiments.domain.analysis.scope import Scope, salt_version_of, scope_of
from apps.experiments.domain.analysis.series import series_of
from apps.experiments.domain.analysis.table import TablePlan, table_of
from apps.experiments.domain.analysis.traffic import (
    exposures_of,
    units_by_day,
    units_by_variant,
    units_per_day,
)
from apps.experiments.domain.analysis.words import plan_words
from apps.experiments.domain.interleaving import interleaving_result

Uses = tuple[tuple[MetricUse, MetricVersionView], ...]
MOST_VALUES = 50
"""Values of one dimension that get a table of their own, the largest first."""


def _uses(context: AnalysisContext) -> Uses:
    """The design's metrics with their definitions; one without a definition has no row."""
    known = {metric.key: metric for metric in context.metrics}
    return tuple((use, known[use.key]) for use in context.design.metrics if use.key in known)


def _primary(context: AnalysisContext, uses: Uses) -> MetricVersionView | None:
    wanted = context.design.primary.key
    return next((metric for use, metric in uses if use.key == wanted), None)


def _looks(scope: Scope, planned: float | None) -> Looks | None:
    """Looks of a group sequential plan; None for any other."""
    plan = scope.context.design.plan
    if plan.horizon is not Horizon.GROUP_SEQUENTIAL or plan.method is not Method.FREQUENTIST:
        return None
    if planned is None:
        return Looks((), (), 0.0)
    return looks_taken(
        units_by_day(exposures_of(scope)),
        planned_units=planned,
        looks=plan.looks,
        before=scope.context.as_of.date(),
        ended=run_ended(scope),
    )


def _health(
    scope: Scope, uses: Uses, primary: MetricVersionView | None
) -> tuple[HealthCheck, ...]:
    metrics = tuple(metric for _, metric in uses)
    bias = bias_check(scope, metrics)
    checks = [*srm_checks(scope), multiple_check(scope), mismatch_check(scope)]
    checks += [freshness_check(scope), missing_check(scope, metrics)]
    checks += [] if bias is None else [bias]
    blended = scope.context.design.kind is ExperimentKind.INTERLEAVING
    if primary is not None and not blended:
        checks += [*novelty_checks(scope, primary), *simpson_checks(scope, primary)]
    return tuple(checks)


def _read_once(scope: Scope) -> Scope:
    """Looks are counted over all units: within a dimension value there is only a single look."""
    design = scope.context.design
    if design.plan.horizon is not Horizon.GROUP_SEQUENTIAL:
        return scope
    plan = replace(design.plan, horizon=Horizon.FIXED)
    return replace(scope, context=replace(scope.context, design=replace(design, plan=plan)))


def _dimensions(scope: Scope, uses: Uses) -> tuple[DimensionResult, ...]:
    """The table within each dimension value: exploratory, read at the fixed level, uncorrected."""
    table, results = TablePlan(looks=None, units_per_day=0.0, corrected=False), []
    scope = _read_once(scope)
    control = scope.context.design.variant_keys[0]
    for dimension in scope.context.design.dimensions:
        values = scope.rows.values(dimension)
        if not uses:
            continue
        first = uses[0][1]
        largest = sorted(
            values, key=lambda value: -scope.within(dimension, value).arm(first, control).n
        )
        for value in largest[:MOST_VALUES]:
            rows = table_of(scope.within(dimension, value), table, uses)
            results.append(DimensionResult(dimension, value, rows))
    return tuple(results)


def _interleaving(scope: Scope) -> InterleavingResult | None:
    design = scope.context.design
    if design.kind is not ExperimentKind.INTERLEAVING:
        return None
    numbers, last = {phase.number for phase in scope.phases}, scope.context.as_of.date()
    days = [
        day for day in scope.context.interleaving if day.phase in numbers and day.day <= last
    ]  # fmt: skip
    control, treatment = design.variant_keys[:2]
    return interleaving_result((control, treatment), days, alpha=design.plan.alpha)


def _allocation(context: AnalysisContext) -> tuple[AllocationPoint, ...]:
    variants = context.design.variant_keys
    return tuple(
        AllocationPoint(
            phase=phase.number,
            starts_at=phase.starts_at,
            coverage=phase.coverage,
            weights=dict(zip(variants, phase.weights, strict=True)),
            chances_best=dict(context.chances_best.get(phase.number, {})),
        )
        for phase in context.phases
    )


def _extra(
    scope: Scope, planned: float | None, looks: Looks | None, daily: float
) -> dict[str, Json]:
    found: dict[str, Json] = {
        "planned_units": planned,
        "units_per_day": daily,
        "analysed_phases": [phase.number for phase in scope.phases],
        "stratified_by_phase": scope.stratified,
    }
    found |= currency_found(scope.context.currencies)
    if looks is not None:
        found["looks"] = {
            "planned": scope.context.design.plan.looks,
            "taken": len(looks.days),
            "days": [day.isoformat() for day in looks.days],
            "information": list(looks.information),
        }
    return found


def _leader(
    scope: Scope, primary: MetricVersionView | None, metrics: tuple[MetricResult, ...]
) -> tuple[Estimate | None, float]:
    """The leading treatment's relative effect, and the share of units it and control are."""
    row = next((each for each in metrics if primary and each.key == primary.key), None)
    if primary is None or row is None or not row.comparisons or not scope.phases:
        return None, 1.0
    variant, variants = leading(row).variant, scope.context.design.variant_keys
    weights = dict(zip(variants, scope.phases[-1].weights, strict=True))
    share = weights[variants[0]] + weights[variant]
    return pair_of(scope, primary, variant).relative, share


def experiment_analyse(context: AnalysisContext) -> ExperimentResults:
    """The whole analysis of one experiment. No clock, no I/O: `context.as_of` is now."""
    scope, uses = scope_of(context), _uses(context)
    primary, plan = _primary(context, uses), context.design.plan
    exposures = exposures_of(scope)
    units = units_by_variant(exposures, context.design.variant_keys)
    daily, planned = units_per_day(scope), planned_units(scope, primary)
    looks = _looks(scope, planned)
    health = _health(scope, uses, primary)
    metrics = table_of(scope, TablePlan(looks, daily), uses)
    readiness = readiness_of(
        scope, metric=primary, health=health, planned=planned, daily=daily, looks=looks
    )
    panel, total = _interleaving(scope), sum(units.values())
    estimate, share = _leader(scope, primary, metrics)
    left = days_left(
        estimate, plan, share=share, daily=daily, readiness=readiness, units=total
    )  # fmt: skip
    return ExperimentResults(
        key=context.key,
        as_of=context.as_of,
        salt_version=scope.phases[-1].salt_version if scope.phases else salt_version_of(context),
        variants=context.design.variant_keys,
        phases=context.phases,
        readable=not readiness.because,
        unreadable_because=readiness.because,
        days_running=readiness.days_running,
        days_planned=readiness.days_planned,
        units=units,
        metrics=metrics,
        series=() if primary is None else series_of(scope, primary, looks),
        exposures=exposures,
        health=health,
        dimensions=_dimensions(scope, uses),
        interleaving=panel,
        allocation=_allocation(context),
        recommendation=recommend(
            plan,
            metrics=metrics,
            health=health,
            readiness=readiness,
            days=left,
            ended=run_ended(scope),
            units=total,
            interleaving=panel,
        ),
        freshness=context.freshness,
        plan_words=plan_words(context.design),
        extra=_extra(scope, planned, looks, daily),
    )
