"""The result table: every metric's arms, and every treatment against control."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.experiments.contracts.design import (
    AnalysisPlan,
    Correction,
    Horizon,
    Method,
    MetricRole,
    MetricUse,
)
from apps.experiments.contracts.metrics import Direction, MetricKind, MetricVersionView
from apps.experiments.contracts.results import (
    ArmValue,
    Comparison,
    Effect,
    MetricResult,
    Origin,
    Verdict,
)
from apps.experiments.contracts.rollups import RollupSums
from apps.experiments.contracts.statistics import CannotCompute
from apps.experiments.domain.analysis.corrections import Family, families_corrected
from apps.experiments.domain.analysis.estimates import Pair, pair_of, quantile_arms
from apps.experiments.domain.analysis.inputs import Inputs
from apps.experiments.domain.analysis.looks import Looks, crossed_z
from apps.experiments.domain.analysis.readings import Reading, guardrail_of, reading_of
from apps.experiments.domain.analysis.scope import Scope
from apps.experiments.domain.analysis.sums import RATES, plain_sums
from apps.experiments.domain.statistics.errors import NotComputable
from apps.experiments.domain.statistics.power import plan_baseline

SCALABLE = RATES | {MetricKind.MEAN}
"""Kinds whose absolute effect is an amount a unit, so that it can be multiplied by units."""


@dataclass(frozen=True, slots=True)
class TablePlan:
    """What a table needs beside its units.

    Attributes:
        looks: of a group sequential plan.
        units_per_day: of the shop, for the scaled impact; 0 leaves it out.
        corrected: whether p-values are paid for (dimensions are not: exploratory).
    """

    looks: Looks | None
    units_per_day: float
    corrected: bool = True


def arm_value(scope: Scope, metric: MetricVersionView, variant: str) -> ArmValue:
    """One arm with what stands beneath its value, whatever the estimator of effects is."""
    row, definition = scope.arm(metric, variant), metric.definition
    below = row.d if definition.kind is MetricKind.RATIO else float(row.n)
    if definition.kind is MetricKind.QUANTILE:
        return _quantile_value(scope, metric, variant, row)
    try:
        value, variance = plan_baseline(plain_sums(definition, row))
    except NotComputable as refusal:
        state = CannotCompute(refusal.reason, refusal.message)
        known = row.m / below if below else None
        return ArmValue(variant, row.n, row.m, below, known, None, state)
    error = math.sqrt(variance / row.n)
    return ArmValue(variant, row.n, row.m, below, value, error)


def _quantile_value(
    scope: Scope, metric: MetricVersionView, variant: str, row: RollupSums
) -> ArmValue:
    arm = quantile_arms(scope, metric, variant)
    if isinstance(arm, CannotCompute):
        return ArmValue(variant, row.n, row.m, float(row.n), None, None, arm)
    try:
        value, variance = plan_baseline(arm)
    except NotComputable as refusal:
        state = CannotCompute(refusal.reason, refusal.message)
        return ArmValue(variant, arm.n, row.m, float(arm.n), arm.estimate, None, state)
    return ArmValue(variant, arm.n, row.m, float(arm.n), value, math.sqrt(variance / arm.n))


def _verdict(
    reading: Reading, *, significant: bool, level: float, lower_is_better: bool
) -> Verdict:
    """Of planned looks by the one that crossed, whichever way the effect has gone since."""
    effect = reading.relative or reading.absolute
    if effect is None:
        return Verdict.CANNOT_COMPUTE
    if not significant:
        return Verdict.NO_DIFFERENCE_SHOWN
    crossed = crossed_z(reading.taken, level)
    shown = effect.estimate if crossed is None else crossed
    return Verdict.BETTER if (shown > 0) != lower_is_better else Verdict.WORSE


def _level(alpha: float, p_value: float | None, adjusted: float | None) -> float:
    """The level that an uncorrected p is held to once several comparisons are paid for."""
    return alpha * p_value / adjusted if p_value and adjusted else alpha


def _impact(reading: Reading, metric: MetricVersionView, units_per_day: float) -> Effect | None:
    """The absolute effect if all units of a day had the treatment."""
    known = reading.absolute
    if known is None or not units_per_day or metric.definition.kind not in SCALABLE:
        return None
    low, high = known.ci
    return Effect(
        known.estimate * units_per_day,
        known.standard_error * units_per_day,
        (low * units_per_day, high * units_per_day),
    )


@dataclass(frozen=True, slots=True)
class Cell:
    """A comparison in the making: everything but the correction."""

    use: MetricUse
    metric: MetricVersionView
    variant: str
    pair: Pair
    reading: Reading

    @property
    def lower_is_better(self) -> bool:
        """Whether the metric wins by falling."""
        return self.metric.definition.direction is Direction.DOWN


def _cell(
    scope: Scope, plan: TablePlan, use: MetricUse, metric: MetricVersionView, variant: str
) -> Cell:
    design_plan, looks = scope.context.design.plan, plan.looks
    earlier: tuple[Pair, ...] = ()
    pair = pair_of(scope, metric, variant)
    if looks is not None:
        earlier = tuple(pair_of(scope.until(day), metric, variant) for day in looks.days)
        pair = earlier[-1] if earlier else pair
    lower = metric.definition.direction is Direction.DOWN
    reading = reading_of(pair, design_plan, lower_is_better=lower, looks=looks, earlier=earlier)
    return Cell(use, metric, variant, pair, reading)


def _look_inputs(own: AnalysisPlan, known: Looks, reading: Reading) -> Inputs:
    """Every look: boundaries follow from all information so far, and p from every z."""
    found: Inputs = {
        "alpha": own.alpha,
        "spending": own.spending.value,
        "spending rho": own.spending_rho,
        "planned units": known.planned_units,
        "looks taken": len(known.days),
        "information": known.information[-1] if known.information else 0.0,
        "last look": None if known.last is None else known.last.isoformat(),
    }
    for place, (day, look) in enumerate(zip(known.days, reading.taken, strict=False), 1):
        found[f"look {place} on"] = day.isoformat()
        found[f"look {place} information"] = look.information
        found[f"look {place} z"] = look.z
        found[f"look {place} boundary"] = look.boundary
        found[f"look {place} p"] = look.p_value
    return found


def _extra_inputs(scope: Scope, plan: TablePlan, cell: Cell, adjusted: float | None) -> Inputs:
    own, known = scope.context.design.plan, plan.looks
    found: Inputs = {
        "estimator": cell.pair.estimator,
        "control": scope.context.design.variant_keys[0],
    }
    if own.method is Method.BAYESIAN:
        found["prior mean"] = 0.0
        found["prior sd"] = own.prior_sd
    elif own.horizon is Horizon.CONFIDENCE_SEQUENCE:
        found["tuning_n"] = own.tuning_n
    elif own.horizon is Horizon.GROUP_SEQUENTIAL and known is not None:
        found |= _look_inputs(own, known, cell.reading)
    if adjusted is not None:
        found["correction"] = own.correction.value if plan.corrected else "none (exploratory)"
    if plan.units_per_day:
        found["units per day"] = plan.units_per_day
    return found


def _origin(scope: Scope, plan: TablePlan, cell: Cell, adjusted: float | None) -> Origin:
    sides = {
        "plain": "d = value_b - value_a (relative: / |value_a|), SE by the delta method",
        "cuped": "the same of y - θ (x - mean x), θ = cov(x, y) / var(x) over both arms",
        "post_stratified": "the same of Σ w_k mean_k, w_k = the stratum's share of both arms",
        "period_stratified": "the same of Σ w_k mean_k, w_k = the phase's share of all units",
        "quantile": "the same of the quantile, SE = (upper - lower) / (2 z)",
    }
    return Origin(
        formula=f"{sides[cell.pair.estimator]}; {cell.reading.formula}",
        method=cell.reading.method,
        level=scope.context.design.plan.alpha,
        inputs={**cell.pair.inputs, **_extra_inputs(scope, plan, cell, adjusted)},
    )


def _comparison(scope: Scope, plan: TablePlan, cell: Cell, family: Family) -> Comparison:
    reading, own = cell.reading, scope.context.design.plan
    adjusted = family.adjusted_p(cell.use, cell.variant)
    significant = reading.excludes_zero if adjusted is None else adjusted < own.alpha
    verdict = _verdict(
        reading,
        significant=significant,
        level=_level(own.alpha, reading.p_value, adjusted),
        lower_is_better=cell.lower_is_better,
    )
    safe = breached = guard_p = None
    if cell.use.role is MetricRole.GUARDRAIL:
        guard = guardrail_of(
            cell.pair,
            own,
            margin=cell.use.margin,
            lower_is_better=cell.lower_is_better,
            looks=plan.looks,
        )
        if not isinstance(guard, CannotCompute):
            safe, breached, guard_p = guard.safe, guard.breached, guard.p_value
            verdict = Verdict.WORSE if breached else verdict
    return Comparison(
        variant=cell.variant,
        verdict=verdict,
        absolute=reading.absolute,
        relative=reading.relative,
        p_value=reading.p_value,
        adjusted_p_value=adjusted,
        significant=significant,
        chance_to_win=reading.chance_to_win,
        expected_loss=reading.expected_loss,
        scaled_impact=_impact(reading, cell.metric, plan.units_per_day),
        guardrail_safe=safe,
        guardrail_breached=breached,
        guardrail_p_value=guard_p,
        cuped=cell.pair.cuped,
        variance_reduction=cell.pair.variance_reduction,
        origin=_origin(scope, plan, cell, adjusted),
        state=reading.state,
    )


def _steps(
    scope: Scope, metric: MetricVersionView, variants: Sequence[str]
) -> Mapping[str, tuple[int, ...]]:
    if metric.definition.kind is not MetricKind.FUNNEL:
        return {}
    return {variant: scope.arm(metric, variant).steps for variant in variants}


def table_of(
    scope: Scope, plan: TablePlan, uses: Sequence[tuple[MetricUse, MetricVersionView]]
) -> tuple[MetricResult, ...]:
    """Every metric of the design that has a definition, in the design's order."""
    variants = scope.context.design.variant_keys
    cells = [
        _cell(scope, plan, use, metric, variant)
        for use, metric in uses
        for variant in variants[1:]
    ]
    correction = scope.context.design.plan.correction if plan.corrected else Correction.NONE
    family = families_corrected(
        [(cell.use, cell.variant, cell.reading.p_value) for cell in cells], correction
    )
    last = plan.looks.last if plan.looks is not None else None
    shown = scope if last is None else scope.until(last)
    results = []
    for use, metric in uses:
        own = [cell for cell in cells if cell.use.key == use.key]
        definition = metric.definition
        results.append(
            MetricResult(
                key=use.key,
                version=metric.version,
                title=definition.title,
                role=use.role,
                kind=definition.kind,
                direction=definition.direction,
                format=definition.format,
                margin=use.margin,
                arms=tuple(arm_value(shown, metric, variant) for variant in variants),
                comparisons=tuple(_comparison(scope, plan, cell, family) for cell in own),
                steps=_steps(shown, metric, variants),
            )
        )
    return tuple(results)
