"""May this be read as evidence now, and if not, why not yet?"""

import math
from dataclasses import dataclass
from datetime import datetime

from apps.experiments.contracts.assignment import Status
from apps.experiments.contracts.design import Horizon, Method
from apps.experiments.contracts.metrics import Direction, MetricVersionView
from apps.experiments.contracts.results import HealthCheck, HealthStatus
from apps.experiments.domain.analysis.looks import Looks
from apps.experiments.domain.analysis.plans import plan_inputs, units_needed
from apps.experiments.domain.analysis.scope import Scope
from apps.experiments.domain.analysis.sums import plain_sums
from apps.experiments.domain.analysis.table import arm_value
from apps.experiments.domain.statistics.errors import NotComputable
from apps.experiments.domain.statistics.power import plan_baseline

DAY = 86_400.0
OVER = frozenset({Status.COMPLETED, Status.ARCHIVED})
FATAL = frozenset({"srm", "multiple_exposure", "mismatch", "pre_exposure_bias", "missing_events"})
"""Checks whose alarm makes the numbers unreadable."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the numbers are evidence now.

    Attributes:
        because: why not; empty when readable.
        planned_units: over all variants at the end of the plan; None when nobody can say.
        days_planned: by the schedule, else by planned units at this traffic.
    """

    because: tuple[str, ...]
    planned_units: float | None
    days_running: float
    days_planned: float | None


def run_ended(scope: Scope) -> bool:
    """Whether the run was over by `as_of`."""
    context = scope.context
    ended = context.ended_at
    return context.status in OVER and (ended is None or ended <= context.as_of)


def days_running(scope: Scope) -> float:
    """Days from the first analysed phase to its end or `as_of`."""
    context = scope.context
    if not scope.phases:
        return 0.0
    start = min(phase.starts_at for phase in scope.phases)
    ends = [phase.ends_at for phase in scope.phases]
    end: datetime = context.as_of
    if all(each is not None for each in ends):
        end = min(end, max(each for each in ends if each is not None))
    return max(0.0, (end - start).total_seconds() / DAY)


def planned_units(scope: Scope, metric: MetricVersionView | None) -> float | None:
    """Units over all variants at the end: the plan's, else what power and mde need.

    Only control's mean and variance enter the latter, so that the effect cannot move it. Planned
    looks have no size but the plan's: one that follows the data would move looks already taken.
    """
    plan, context = scope.context.design.plan, scope.context
    if plan.planned_units:
        return float(plan.planned_units)
    if plan.has_looks or metric is None or not scope.phases:
        return None
    weights = scope.phases[-1].weights
    down = metric.definition.direction is Direction.DOWN
    try:
        row = scope.arm(metric, context.design.variant_keys[0])
        mean, variance = plan_baseline(plain_sums(metric.definition, row))
        inputs = plan_inputs(plan, mean=mean, variance=variance, weights=weights)
        return units_needed(inputs, effect=-plan.mde if down else plan.mde, power=plan.power)
    except NotComputable:
        return None


def _days_planned(scope: Scope, planned: float | None, daily: float) -> float | None:
    ends = scope.context.design.schedule.ends_at
    if ends is not None and scope.phases:
        return (ends - min(phase.starts_at for phase in scope.phases)).total_seconds() / DAY
    return planned / daily if planned is not None and daily > 0 else None


def _looks_reason(planned: float | None, looks: Looks | None) -> str | None:
    if planned is None:
        return "No look can be taken: the plan does not say the units at the last one."
    if looks is None or not looks.days:
        return "The first planned look has not been reached."
    return None


def _horizon_reason(
    scope: Scope, planned: float | None, units: int, looks: Looks | None
) -> str | None:
    """Why the plan's horizon does not allow a reading yet."""
    plan, context = scope.context.design.plan, scope.context
    if plan.has_looks:
        return _looks_reason(planned, looks)
    if plan.horizon is not Horizon.FIXED or plan.method is Method.BAYESIAN or run_ended(scope):
        return None
    ends = context.design.schedule.ends_at
    if plan.planned_units == 0 and ends is not None:
        if context.as_of < ends:
            return f"A fixed horizon is read once, at its end on {ends:%Y-%m-%d}."
        return None
    if planned is None:
        return "A fixed horizon is read once, at its end, and its size cannot be said yet."
    if units < planned:
        return (
            f"A fixed horizon is read once, at its end: {units:,} of "
            f"{math.ceil(planned):,} planned units are in ({units / planned:.0%})."
        )
    return None


def readiness_of(
    scope: Scope,
    *,
    metric: MetricVersionView | None,
    health: tuple[HealthCheck, ...],
    planned: float | None,
    daily: float,
    looks: Looks | None,
) -> Readiness:
    """Every reason not to read yet: runtime, units, horizon, alarms."""
    plan, variants = scope.context.design.plan, scope.context.design.variant_keys
    running, because = days_running(scope), []
    arms = [] if metric is None else [arm_value(scope, metric, name).n for name in variants]
    if not sum(arms):
        because.append("There are no exposures yet.")
    if running < plan.minimum_runtime_days:
        because.append(
            f"It has run {running:.1f} of at least {plan.minimum_runtime_days} days."
        )  # fmt: skip
    if arms and min(arms) < plan.minimum_units:
        because.append(
            f"The smallest variant has {min(arms):,} of at least {plan.minimum_units:,} units."
        )
    horizon = _horizon_reason(scope, planned, sum(arms), looks)
    if horizon is not None:
        because.append(horizon)
    because += [
        f"{check.title}{f' ({check.scope})' if check.scope else ''}: {check.message}"
        for check in health
        if check.status is HealthStatus.ALARM and check.code in FATAL
    ]
    return Readiness(tuple(because), planned, running, _days_planned(scope, planned, daily))
