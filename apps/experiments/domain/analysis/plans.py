"""The plan calculator: how many shoppers, how long, and what would be found meanwhile."""

import math

from apps.experiments.contracts.analysis import PlanAnswer, PlanPoint, PlanQuestion
from apps.experiments.contracts.design import AnalysisPlan, Correction, Horizon, Method
from apps.experiments.contracts.metrics import Direction, MetricKind
from apps.experiments.contracts.results import Origin
from apps.experiments.contracts.statistics import (
    CannotCompute,
    NormalPrior,
    PlanInputs,
    Reason,
    SpendingPlan,
)
from apps.experiments.contracts.statistics_results import PlanResult
from apps.experiments.domain.analysis.sums import plain_sums
from apps.experiments.domain.analysis.words import percent
from apps.experiments.domain.scipy_late import brentq
from apps.experiments.domain.statistics.errors import NotComputable
from apps.experiments.domain.statistics.power import (
    MOST_UNITS,
    mde_compute,
    plan_baseline,
    plan_power_compute,
    sample_size_compute,
)

WEEK = 7.0
CURVE_WEEKS = (1, 2, 3, 4, 6, 8, 12)


def plan_inputs(
    plan: AnalysisPlan, *, mean: float, variance: float, weights: tuple[float, ...]
) -> PlanInputs:
    """The design as the power formulas read it; several treatments are paid for by alpha."""
    treatments = len(weights) - 1
    corrected = treatments > 1 and plan.correction is not Correction.NONE
    bayesian = plan.method is Method.BAYESIAN
    alpha = plan.alpha / treatments if corrected and not bayesian else plan.alpha
    prior = NormalPrior(0.0, plan.prior_sd**2) if bayesian and plan.prior_sd else None
    horizon = Horizon.FIXED if bayesian else plan.horizon
    looks = tuple((look + 1) / plan.looks for look in range(plan.looks))
    sequential = horizon is Horizon.GROUP_SEQUENTIAL
    return PlanInputs(
        mean=mean,
        variance=variance,
        weights=weights,
        alpha=alpha,
        tuning_n=float(plan.tuning_n) if horizon is Horizon.CONFIDENCE_SEQUENCE else None,
        information=looks if sequential else (),
        spending=SpendingPlan(plan.spending, plan.spending_rho) if sequential else None,
        prior=prior,
    )


def _power(inputs: PlanInputs, effect: float, n_total: float) -> PlanResult:
    """The weakest treatment's power: it decides the plan."""
    answers = [
        plan_power_compute(inputs, effect=effect, n_total=n_total, arm=arm)
        for arm in range(1, len(inputs.weights))
    ]
    return min(answers, key=lambda answer: answer.power_at_look)


def units_needed(inputs: PlanInputs, *, effect: float, power: float) -> float:
    """Units over all arms at which the weakest treatment finds the effect with the power.

    A confidence sequence is planned by the exact chance that its interval excludes zero.

    Raises:
        NotComputable: no number of units is enough, or inputs out of range.
    """
    sizes = [
        sample_size_compute(inputs, effect=effect, power=power, arm=arm)
        for arm in range(1, len(inputs.weights))
    ]
    published = max(sizes)
    if inputs.tuning_n is None:
        return published

    def gap(log_n: float) -> float:
        return _power(inputs, effect, math.exp(log_n)).power_at_look - power

    low, high = math.log(published / 20), math.log(min(2 * published, MOST_UNITS))
    return float(math.ceil(math.exp(float(brentq(gap, low, high, xtol=1e-9)))))


def _detectable(inputs: PlanInputs, power: float, n_total: float) -> float | None:
    """The smallest effect found, None when no effect is large enough."""
    try:
        found = [
            mde_compute(inputs, power=power, n_total=n_total, arm=arm)
            for arm in range(1, len(inputs.weights))
        ]
    except NotComputable:
        return None
    return max(found)


def _point(inputs: PlanInputs, question: PlanQuestion, days: float, daily: float) -> PlanPoint:
    units, effect = days * daily, _effect(question)
    power = _power(inputs, effect, units).power_at_look
    return PlanPoint(days, units, _detectable(inputs, question.plan.power, units), power)


def _effect(question: PlanQuestion) -> float:
    """The effect worth finding, downwards where lower is better."""
    down = question.metric.definition.direction is Direction.DOWN
    return -question.plan.mde if down else question.plan.mde


def _words(question: PlanQuestion, needed: float, days: float | None) -> str:
    plan = question.plan
    aim = f"for {percent(plan.power)} power to find a change of {percent(plan.mde)}"
    if days is None:
        return f"{needed:,.0f} units are needed {aim}; there is no traffic to say how long."
    return f"{needed:,.0f} units are needed {aim}: {days:,.1f} days at this traffic."


def _origin(question: PlanQuestion, inputs: PlanInputs) -> Origin:
    base = question.baseline
    return Origin(
        formula="n: power(n) = P(the interval excludes 0 when the effect is the mde); "
        "SE² = variance · ((1 + mde)² / (mean² n_a) + 1 / (mean² n_b))",
        method="plan: docs/statistics.md#plans",
        level=inputs.alpha,
        inputs={
            "n": base.n, "sum_m": base.m, "sum_mm": base.mm, "sum_d": base.d, "sum_dd": base.dd,
            "sum_md": base.md, "baseline_days": question.baseline_days,
            "units_per_day": question.units_per_day, "coverage": question.coverage,
            "mde": question.plan.mde, "power": question.plan.power,
            "mean": inputs.mean, "variance": inputs.variance,
            "horizon": question.plan.horizon.value, "method": question.plan.method.value,
        },
    )  # fmt: skip


def _unanswered(question: PlanQuestion, state: CannotCompute) -> PlanAnswer:
    return PlanAnswer(
        metric=question.metric.key,
        metric_version=question.metric.version,
        unit=question.unit,
        mean=None,
        variance=None,
        baseline_units=question.baseline.n,
        baseline_days=question.baseline_days,
        units_per_day=question.units_per_day * question.coverage,
        mde=question.plan.mde,
        units_needed=None,
        units_per_variant=(),
        days_needed=None,
        days=None,
        units=None,
        power=None,
        power_at_look=None,
        detectable=None,
        points=(),
        words=f"Cannot be computed: {state.message}.",
        origin=_origin(question, PlanInputs(0.0, 0.0, question.weights, question.plan.alpha)),
        state=state,
    )


def _baseline(question: PlanQuestion) -> tuple[float, float]:
    """One unit's mean and variance in the past.

    Raises:
        NotComputable: no past traffic, or a quantile, whose spread no sum holds.
    """
    definition = question.metric.definition
    if definition.kind is MetricKind.QUANTILE:
        raise NotComputable(
            Reason.INVALID_INPUT, "a quantile has no plan from sums: plan by the metric's mean"
        )
    return plan_baseline(plain_sums(definition, question.baseline))


def _answered(question: PlanQuestion) -> PlanAnswer:
    plan = question.plan
    mean, variance = _baseline(question)
    inputs = plan_inputs(plan, mean=mean, variance=variance, weights=question.weights)
    needed = units_needed(inputs, effect=_effect(question), power=plan.power)
    needed = max(needed, math.ceil(plan.minimum_units / min(question.weights)))
    daily = question.units_per_day * question.coverage
    days_needed = needed / daily if daily > 0 else None
    days = question.days
    if days is None and days_needed is not None:
        days = max(WEEK * math.ceil(days_needed / WEEK), float(plan.minimum_runtime_days))
    units = days * daily if days is not None and daily > 0 else None
    result = None if units is None else _power(inputs, _effect(question), units)
    total = sum(question.weights)
    weeks = CURVE_WEEKS if daily > 0 else ()
    return PlanAnswer(
        metric=question.metric.key,
        metric_version=question.metric.version,
        unit=question.unit,
        mean=mean,
        variance=variance,
        baseline_units=question.baseline.n,
        baseline_days=question.baseline_days,
        units_per_day=daily,
        mde=plan.mde,
        units_needed=needed,
        units_per_variant=tuple(math.ceil(needed * w / total) for w in question.weights),
        days_needed=days_needed,
        days=days,
        units=units,
        power=None if result is None else result.power,
        power_at_look=None if result is None else result.power_at_look,
        detectable=None if units is None else _detectable(inputs, plan.power, units),
        points=tuple(_point(inputs, question, week * WEEK, daily) for week in weeks),
        words=_words(question, needed, days_needed),
        origin=_origin(question, inputs),
    )


def plan_answer(question: PlanQuestion) -> PlanAnswer:
    """Sample size, runtime, power and smallest effect, or the reason why there are none.

    Source: docs/statistics.md, Plans; Jennison and Turnbull (2000) for group sequential designs.
    """
    try:
        return _answered(question)
    except NotComputable as refusal:
        return _unanswered(question, CannotCompute(refusal.reason, refusal.message))
