"""Effects of one metric and treatment, by the estimator that the design asks for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from apps.experiments.contracts.design import ExperimentKind
from apps.experiments.contracts.metrics import MetricKind, MetricVersionView
from apps.experiments.contracts.rollups import RollupSums
from apps.experiments.contracts.statistics import (
    ArmSums,
    CannotCompute,
    QuantileSummary,
    Reason,
    Scale,
)
from apps.experiments.contracts.statistics_results import EffectEstimate
from apps.experiments.domain.analysis.inputs import (
    Inputs,
    periods_inputs,
    quantile_inputs,
    row_inputs,
    strata_inputs,
)
from apps.experiments.domain.analysis.periods import PeriodSums, period_effect
from apps.experiments.domain.analysis.scope import Scope
from apps.experiments.domain.analysis.sums import arm_sums, covariates_usable, plain_sums
from apps.experiments.domain.statistics.effects import effect_estimate
from apps.experiments.domain.statistics.errors import typed_state
from apps.experiments.domain.statistics.post_stratification import post_stratified_effect
from apps.experiments.domain.statistics.quantiles import quantile_summary

Estimate = EffectEstimate | CannotCompute
_BLENDED = CannotCompute(
    Reason.SAME_TREATMENT,
    "Not compared: interleaving showed units of every arm the same blend of the rankings. "
    "The interleaving panel says which one their clicks prefer.",
)


@dataclass(frozen=True, slots=True)
class Pair:
    """A treatment against control on both scales.

    Attributes:
        control, treatment: sums without covariates where there are any (for posteriors of
            rates); None for stratified estimates.
        estimator: `plain`, `cuped`, `post_stratified`, `period_stratified` or `quantile`.
        variance_reduction: share of the plain variance that covariates or strata removed.
        inputs: what the numbers can be computed from again.
    """

    relative: Estimate
    absolute: Estimate
    control: ArmSums | None
    treatment: ArmSums | None
    estimator: str
    variance_reduction: float | None
    inputs: Inputs

    @property
    def cuped(self) -> bool:
        """Whether covariates were used."""
        return any(name.endswith(".covariates") for name in self.inputs)


def _both(estimate: Callable[[Scale], Estimate]) -> tuple[Estimate, Estimate]:
    return estimate(Scale.RELATIVE), estimate(Scale.ABSOLUTE)


def _reduction(plain: Estimate, own: Estimate) -> float | None:
    """Share of the variance of the plain difference that is gone."""
    if isinstance(plain, CannotCompute) or isinstance(own, CannotCompute):
        return None
    return 1 - (own.standard_error / plain.standard_error) ** 2


_STRATIFIED = CannotCompute(
    Reason.INVALID_INPUT,
    "A quantile is not stratified by phase: units of phases with different shares cannot be "
    "thrown together. Ask for one phase.",
)
_LOOKED_AT = CannotCompute(
    Reason.INVALID_INPUT,
    "A quantile has no planned looks: units' values are known as they are now, not as they were "
    "at a look. Use a fixed horizon or a confidence sequence.",
)


def _unanswerable(scope: Scope) -> CannotCompute | None:
    """Why no quantile of these units can be told from their values as they are now."""
    if scope.stratified:
        return _STRATIFIED
    return _LOOKED_AT if scope.context.design.plan.has_looks else None


def quantile_arms(
    scope: Scope, metric: MetricVersionView, variant: str
) -> QuantileSummary | CannotCompute:
    """One arm's quantile with the order statistics around it, from its units' values."""
    refused = _unanswerable(scope)
    if refused is not None:
        return refused
    found = scope.context.quantiles.get(metric.key)
    values = () if found is None else found.values.get(variant, ())
    if scope.dimension or not values:
        return CannotCompute(Reason.NO_DATA, "there are no units' values for this quantile")
    return quantile_summary(np.asarray(values), metric.definition.quantile)


def _quantile_pair(scope: Scope, metric: MetricVersionView, names: tuple[str, str]) -> Pair:
    a, b = (quantile_arms(scope, metric, name) for name in names)
    if isinstance(a, CannotCompute) or isinstance(b, CannotCompute):
        state = a if isinstance(a, CannotCompute) else b
        if not isinstance(state, CannotCompute):  # pragma: no cover - one of both is
            raise TypeError("a state is missing")
        return Pair(state, state, None, None, "quantile", None, {})
    relative, absolute = _both(lambda scale: effect_estimate(a, b, scale))
    inputs = {**quantile_inputs(names[0], a), **quantile_inputs(names[1], b)}
    return Pair(relative, absolute, a, b, "quantile", None, inputs)


def _period_pair(scope: Scope, metric: MetricVersionView, names: tuple[str, str]) -> Pair:
    """Within each phase; each weighs as many units as it has over all variants."""
    definition, variants = metric.definition, scope.context.design.variant_keys
    rows: dict[int, Mapping[str, RollupSums]] = {}
    for phase in scope.phases:
        alone = _only(scope, phase.number)
        rows[phase.number] = {name: alone.arm(metric, name) for name in variants}
    pairs = [[found[name] for name in names] for found in rows.values()]
    adjusted = all(
        covariates_usable(definition, pair) for pair in pairs if min(p.n for p in pair) > 0
    )

    def sums(row: RollupSums) -> PeriodSums:
        found = arm_sums(definition, row, adjusted=adjusted and row.n > 0)
        if isinstance(found, QuantileSummary):  # pragma: no cover - quantiles go another way
            raise TypeError("a quantile has no sums")
        return found

    periods = [
        (sums(found[names[0]]), sums(found[names[1]]), sum(row.n for row in found.values()))
        for found in rows.values()
    ]
    relative, absolute = _both(typed_state(lambda scale: period_effect(periods, scale)))
    inputs = periods_inputs(rows, names, adjusted=adjusted)
    return Pair(relative, absolute, None, None, "period_stratified", None, inputs)


def _only(scope: Scope, number: int) -> Scope:
    phases = tuple(phase for phase in scope.phases if phase.number == number)
    return Scope(scope.context, scope.rows, phases, False, scope.dimension, scope.value, scope.day)


def _strata_pair(scope: Scope, metric: MetricVersionView, names: tuple[str, str]) -> Pair | None:
    """Values of the declared dimension weighed by their share; None without rows of it."""
    dimension, definition = scope.context.design.plan.post_stratify_by, metric.definition
    strata: dict[str, tuple[RollupSums, RollupSums]] = {}
    for value in scope.rows.values(dimension):
        inside = scope.within(dimension, value)
        pair = (inside.arm(metric, names[0]), inside.arm(metric, names[1]))
        if pair[0].n + pair[1].n > 0:
            strata[value] = pair
    if not strata or not _whole(scope, metric, names, strata):
        return None
    arms = [row for pair in strata.values() for row in pair if row.n > 0]
    adjusted = definition.kind is not MetricKind.RATIO and covariates_usable(definition, arms)

    def sums(row: RollupSums) -> ArmSums:
        return arm_sums(definition, row, adjusted=adjusted and row.n > 0)

    pairs = [(sums(a), sums(b)) for a, b in strata.values() if min(a.n, b.n) > 0]
    relative, absolute = _both(lambda scale: post_stratified_effect(pairs, scale=scale))  # type: ignore[arg-type]  # no quantile and no adjusted ratio comes here
    plain = _plain(scope, metric, names)
    inputs = strata_inputs(strata, names, adjusted=adjusted)
    reduction = _reduction(plain.absolute, absolute)
    return Pair(relative, absolute, None, None, "post_stratified", reduction, inputs)


def _whole(
    scope: Scope,
    metric: MetricVersionView,
    names: tuple[str, str],
    strata: Mapping[str, tuple[RollupSums, RollupSums]],
) -> bool:
    """Whether the strata hold every unit and each has both arms: else they are not weighed."""
    if any(min(a.n, b.n) == 0 for a, b in strata.values()):
        return False
    held = sum(a.n + b.n for a, b in strata.values())
    return held == sum(scope.arm(metric, name).n for name in names)


def _plain(scope: Scope, metric: MetricVersionView, names: tuple[str, str]) -> Pair:
    rows = [scope.arm(metric, name) for name in names]
    a, b = (plain_sums(metric.definition, row) for row in rows)
    relative, absolute = _both(lambda scale: effect_estimate(a, b, scale))
    inputs = {**row_inputs(names[0], rows[0]), **row_inputs(names[1], rows[1])}
    return Pair(relative, absolute, a, b, "plain", None, inputs)


def _adjusted(
    scope: Scope, metric: MetricVersionView, names: tuple[str, str], plain: Pair
) -> Pair:
    """With covariates from before exposure; falls back where they cannot be computed."""
    rows = [scope.arm(metric, name) for name in names]
    a, b = (arm_sums(metric.definition, row, adjusted=True) for row in rows)
    relative, absolute = _both(lambda scale: effect_estimate(a, b, scale))
    if isinstance(absolute, CannotCompute):
        return plain
    inputs = {
        **row_inputs(names[0], rows[0], adjusted=True),
        **row_inputs(names[1], rows[1], adjusted=True),
    }
    reduction = _reduction(plain.absolute, absolute)
    return Pair(relative, absolute, a, b, "cuped", reduction, inputs)


def pair_of(scope: Scope, metric: MetricVersionView, variant: str) -> Pair:
    """The effect of a treatment on a metric over the units of the scope."""
    control = scope.context.design.variant_keys[0]
    names, definition = (control, variant), metric.definition
    if scope.context.design.kind is ExperimentKind.INTERLEAVING:
        return Pair(_BLENDED, _BLENDED, None, None, "plain", None, {})
    if definition.kind is MetricKind.QUANTILE:
        return _quantile_pair(scope, metric, names)
    if scope.stratified:
        return _period_pair(scope, metric, names)
    if scope.context.design.plan.post_stratify_by and not scope.dimension:
        stratified = _strata_pair(scope, metric, names)
        if stratified is not None:
            return stratified
    plain = _plain(scope, metric, names)
    rows = [scope.arm(metric, name) for name in names]
    if covariates_usable(definition, rows):
        return _adjusted(scope, metric, names, plain)
    return plain
