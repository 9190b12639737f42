"""What to do, and why, in words."""

import math
from collections.abc import Sequence

from apps.experiments.contracts.design import AnalysisPlan, Horizon, Method, MetricRole
from apps.experiments.contracts.metrics import Direction
from apps.experiments.contracts.results import (
    Action,
    Comparison,
    HealthCheck,
    HealthStatus,
    InterleavingResult,
    MetricResult,
    Recommendation,
    Verdict,
)
from apps.experiments.contracts.statistics import CannotCompute
from apps.experiments.domain.analysis.estimates import Estimate
from apps.experiments.domain.analysis.readiness import FATAL, Readiness
from apps.experiments.domain.analysis.readings import prior_of
from apps.experiments.domain.analysis.words import percent, signed
from apps.experiments.domain.statistics.remaining import remaining_units

LONGEST_DAYS = 3650.0


def days_left(
    estimate: Estimate | None,
    plan: AnalysisPlan,
    *,
    share: float,
    daily: float,
    readiness: Readiness,
    units: int,
) -> float | None:
    """Days at this traffic until the plan's power for its mde, with the variance seen so far.

    A sequence by the power of a look; a group sequential plan until its planned units.

    Args:
        estimate: the leading treatment's relative effect.
        plan: wanted power, smallest effect worth finding, horizon.
        share: of all units that control and this treatment are.
        daily: units a day over all variants.
        readiness: runtime and planned units.
        units: so far, over all variants.
    """
    if daily <= 0:
        return None
    early = max(0.0, plan.minimum_runtime_days - readiness.days_running)
    if plan.method is Method.FREQUENTIST and plan.horizon is Horizon.GROUP_SEQUENTIAL:
        planned = readiness.planned_units
        return None if planned is None else _promised(max(early, (planned - units) / daily))
    if estimate is None or isinstance(estimate, CannotCompute):
        return None
    bayesian = plan.method is Method.BAYESIAN
    sequence = plan.horizon is Horizon.CONFIDENCE_SEQUENCE and not bayesian
    left = remaining_units(
        estimate,
        effect=plan.mde,
        power=plan.power,
        alpha=plan.alpha,
        tuning_n=float(plan.tuning_n) if sequence else None,
        prior=prior_of(plan) if bayesian else None,
    )
    if isinstance(left, CannotCompute):
        return None
    days = max(early, left / (share * daily))
    if plan.horizon is Horizon.FIXED and not bayesian and readiness.planned_units is not None:
        days = max(days, (readiness.planned_units - units) / daily)
    return _promised(days)


def _promised(days: float) -> float | None:
    """Nobody waits ten years: such a number would only look like a plan."""
    return days if days <= LONGEST_DAYS else None


def _evidence(comparison: Comparison) -> str:
    """Effect with interval and how sure, in words."""
    effect = comparison.relative
    if effect is None:
        return "the relative effect cannot be computed"
    low, high = effect.ci
    told = f"{signed(effect.estimate)} ({signed(low)} to {signed(high)})"
    if comparison.chance_to_win is not None:
        return f"{told}, chance to win {percent(comparison.chance_to_win)}"
    p_value = comparison.adjusted_p_value
    return told if p_value is None else f"{told}, p = {p_value:.2g}"


def _gain(metric: MetricResult, comparison: Comparison) -> float:
    effect = comparison.relative or comparison.absolute
    if effect is None:
        return -math.inf
    return -effect.estimate if metric.direction is Direction.DOWN else effect.estimate


def leading(metric: MetricResult) -> Comparison:
    """The treatment that looks best on a metric."""
    return max(metric.comparisons, key=lambda each: _gain(metric, each))


def _guardrails(metrics: Sequence[MetricResult], variant: str) -> tuple[list[str], list[str]]:
    """Titles of guardrails that this variant breaches, and of those not shown safe."""
    breached, open_ones = [], []
    for metric in metrics:
        for each in metric.comparisons if metric.role is MetricRole.GUARDRAIL else ():
            if each.variant != variant:
                continue
            if each.guardrail_breached:
                breached.append(metric.title)
            elif not each.guardrail_safe:
                open_ones.append(metric.title)
    return breached, open_ones


def _waiting_words(plan: AnalysisPlan, days: float | None) -> str:
    goal = f"{percent(plan.power)} power for {percent(plan.mde)}"
    grouped = plan.horizon is Horizon.GROUP_SEQUENTIAL and plan.method is Method.FREQUENTIST
    if grouped and days is not None:
        if days <= 0:
            return "All planned units are in and the last look is taken."
        return f"{math.ceil(days)} more days at this traffic bring the planned units."
    if days is None:
        return f"How much longer {goal} takes cannot be said at this traffic."
    if days <= 0:
        return f"There is {goal}: an effect of that size would most likely have been found."
    more = math.ceil(days)
    return f"{more} more {'day' if more == 1 else 'days'} at this traffic give {goal}."


def _investigate(alarms: Sequence[HealthCheck]) -> Recommendation:
    first = alarms[0]
    return Recommendation(
        Action.INVESTIGATE,
        "",
        f"Do not read the results: {first.title.lower()} raises an alarm.",
        tuple(
            f"{check.title}{f' ({check.scope})' if check.scope else ''}: {check.message}"
            for check in alarms
        ),
    )


def _unread(
    plan: AnalysisPlan, readiness: Readiness, days: float | None, *, ended: bool
) -> Recommendation:
    """Too early, or ended before anything could be said."""
    reasons = (*readiness.because, _waiting_words(plan, days))
    if ended:
        return Recommendation(
            Action.INCONCLUSIVE, "", "It ended before it could be read.", readiness.because
        )
    return Recommendation(
        Action.KEEP_RUNNING, "", "Keep it running: it must not be read yet.", reasons, days
    )


def _undecided(
    plan: AnalysisPlan, primary: MetricResult, days: float | None, *, ended: bool
) -> Recommendation:
    """Nothing shown: run on while power is missing, else say so."""
    best = leading(primary)
    reasons: tuple[str, ...] = (
        f"{primary.title}: not significant, {_evidence(best)}.",
        _waiting_words(plan, days),
    )
    if ended or (days is not None and days <= 0):
        headline = f"No difference shown on {primary.title}."
        return Recommendation(Action.INCONCLUSIVE, "", headline, reasons, 0.0 if days else days)
    told = _waiting_words(plan, days)
    headline = f"Not significant; {told[0].lower()}{told[1:]}"
    if plan.horizon is Horizon.FIXED and plan.method is Method.FREQUENTIST:
        again = "A fixed horizon allows one reading: each further one adds false alarms."
        reasons = (*reasons, again)
    return Recommendation(Action.KEEP_RUNNING, "", headline, reasons, days)


def _decided(
    primary: MetricResult, metrics: Sequence[MetricResult], best: Comparison
) -> Recommendation:
    """A significant winner; a breached guardrail takes it back."""
    breached, unknown = _guardrails(metrics, best.variant)
    evidence = f"{primary.title}: {best.variant} is better, {_evidence(best)}."
    if breached:
        return Recommendation(
            Action.ROLL_BACK,
            best.variant,
            f"Roll back: {best.variant} wins on {primary.title} but breaches a guardrail.",
            (f"Breached: {', '.join(breached)}.", evidence),
        )
    reasons = [evidence]
    if unknown:
        reasons.append(f"Not yet shown to be within their margin: {', '.join(unknown)}.")
    headline = f"Ship {best.variant}: it is better on {primary.title}."
    return Recommendation(Action.SHIP, best.variant, headline, tuple(reasons), 0.0)


def _losing(primary: MetricResult, metrics: Sequence[MetricResult]) -> Recommendation | None:
    """Every treatment is worse, or breaches a guardrail."""
    reasons = []
    for each in primary.comparisons:
        breached, _ = _guardrails(metrics, each.variant)
        if each.verdict is Verdict.WORSE:
            reasons.append(f"{primary.title}: {each.variant} is worse, {_evidence(each)}.")
        elif breached:
            reasons.append(f"{each.variant} breaches {', '.join(breached)}.")
        else:
            return None
    names = ", ".join(each.variant for each in primary.comparisons)
    return Recommendation(
        Action.ROLL_BACK, "", f"Roll back {names}: it does harm.", tuple(reasons), 0.0
    )


def _preferred(panel: InterleavingResult, *, readable: bool) -> Recommendation | None:
    """An interleaving's answer: which ranking shoppers' clicks prefer."""
    if panel.preference is None or panel.p_value is None:
        return None
    told = (
        f"{panel.wins[1]:,} units preferred {panel.variants[1]}, {panel.wins[0]:,} "
        f"{panel.variants[0]}, {panel.ties:,} neither (p = {panel.p_value:.2g})."
    )
    if not readable or not panel.significant:
        return None
    if panel.preference > 0:
        name = panel.variants[1]
        return Recommendation(
            Action.SHIP, name, f"Ship {name}: shoppers' clicks prefer it.", (told,), 0.0
        )
    name = panel.variants[0]
    return Recommendation(
        Action.ROLL_BACK, "", f"Keep {name}: shoppers' clicks prefer it.", (told,), 0.0
    )


def recommend(
    plan: AnalysisPlan,
    *,
    metrics: Sequence[MetricResult],
    health: Sequence[HealthCheck],
    readiness: Readiness,
    days: float | None,
    ended: bool,
    units: int,
    interleaving: InterleavingResult | None = None,
) -> Recommendation:
    """The recommendation: alarms first, then harm, then what may be read, then what is shown."""
    primary = next((each for each in metrics if each.role is MetricRole.PRIMARY), None)
    if not units or primary is None or not primary.comparisons:
        return Recommendation(Action.NO_DATA, "", "There are no results yet.", readiness.because)
    alarms = [
        check for check in health if check.status is HealthStatus.ALARM and check.code in FATAL
    ]
    if alarms:
        return _investigate(alarms)
    readable = not readiness.because
    if interleaving is not None:
        preferred = _preferred(interleaving, readable=readable)
        if preferred is not None:
            return preferred
    if not readable:
        return _unread(plan, readiness, days, ended=ended)
    winners = [each for each in primary.comparisons if each.verdict is Verdict.BETTER]
    if winners:
        return _decided(primary, metrics, max(winners, key=lambda each: _gain(primary, each)))
    losing = _losing(primary, metrics)
    return losing or _undecided(plan, primary, days, ended=ended)
