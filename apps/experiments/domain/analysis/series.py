"""The primary metric's effect over time, with the plan's interval and that of a single look."""

from datetime import date

from apps.experiments.contracts.design import Horizon, Method
from apps.experiments.contracts.metrics import MetricKind, MetricVersionView
from apps.experiments.contracts.results import SeriesPoint
from apps.experiments.contracts.statistics import CannotCompute
from apps.experiments.domain.analysis.estimates import Pair, pair_of
from apps.experiments.domain.analysis.looks import Looks
from apps.experiments.domain.analysis.readings import UNBOUNDED, interval_of, reading_of
from apps.experiments.domain.analysis.scope import Scope
from apps.experiments.domain.statistics.frequentist import t_test_of

Interval = tuple[float, float]


def _until(looks: Looks, day: date) -> Looks:
    """The looks that had been taken by the evening of a day."""
    taken = sum(each <= day for each in looks.days)
    return Looks(looks.days[:taken], looks.information[:taken], looks.planned_units)


def _standing(scope: Scope, metric: MetricVersionView, variant: str, looks: Looks) -> Interval:
    """The interval of the last look: it stands until the next one."""
    if looks.last is None:
        return UNBOUNDED
    pair = pair_of(scope.until(looks.last), metric, variant)
    told = interval_of(pair.relative, scope.context.design.plan, looks)
    return UNBOUNDED if told is None else told[0].ci


def _plan_interval(
    scope: Scope, metric: MetricVersionView, pair: Pair, variant: str, looks: Looks | None
) -> Interval:
    plan = scope.context.design.plan
    if plan.method is Method.BAYESIAN:
        reading = reading_of(pair, plan, lower_is_better=False)
        return UNBOUNDED if reading.relative is None else reading.relative.ci
    if plan.horizon is Horizon.GROUP_SEQUENTIAL and looks is not None and scope.day is not None:
        return _standing(scope, metric, variant, _until(looks, scope.day))
    told = interval_of(pair.relative, plan)
    return UNBOUNDED if told is None else told[0].ci


def series_of(
    scope: Scope, metric: MetricVersionView, looks: Looks | None
) -> tuple[SeriesPoint, ...]:
    """One point a day and treatment; days on which there is no relative effect are left out.

    A quantile has no series: its units' values are known only as they are now.
    """
    if metric.definition.kind is MetricKind.QUANTILE:
        return ()
    points = []
    for day in scope.rows.days(metric.key, scope.phases):
        then = scope.until(day)
        for variant in scope.context.design.variant_keys[1:]:
            pair = pair_of(then, metric, variant)
            estimate = pair.relative
            if isinstance(estimate, CannotCompute):
                continue
            fixed = t_test_of(estimate, alpha=scope.context.design.plan.alpha)
            ci = _plan_interval(then, metric, pair, variant, looks)
            points.append(SeriesPoint(day, variant, estimate.effect, ci, fixed.ci))
    return tuple(points)
