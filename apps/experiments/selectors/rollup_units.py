"""Reads of units themselves: quantiles, and the shop's own traffic for plans."""

from collections import defaultdict
from datetime import datetime, timedelta

from django.db import connection

from apps.common.errors import NotFound
from apps.experiments.contracts.design import UnitType
from apps.experiments.contracts.metrics import MetricKind, MetricVersionView
from apps.experiments.contracts.rollups import Baseline, QuantileRollup
from apps.experiments.domain.rollups.days import sums_read
from apps.experiments.domain.rollups.frame import Frame
from apps.experiments.domain.rollups.plan import MetricSlots, plan_of
from apps.experiments.domain.rollups.quoting import text_literal
from apps.experiments.domain.rollups.sums import units_sql
from apps.experiments.domain.rollups.traffic import baseline_sql
from apps.experiments.models import Experiment
from apps.experiments.selectors.experiments import experiment_view
from apps.experiments.selectors.rollup_subject import subject_of

MOST_VALUES = 100_000


def quantile_values(
    *,
    experiment_id: int,
    salt_version: int,
    as_of: datetime,
    phase: int | None = None,
    limit: int = MOST_VALUES,
) -> dict[str, QuantileRollup]:
    """Units' totals of every quantile metric, by variant, sorted.

    Args:
        experiment_id: the row.
        salt_version: the allocation.
        as_of: totals up to and including this day.
        phase: only units of this phase; None is all of the allocation.
        limit: most units a variant; of more, those whose ids hash lowest (the same every time).

    Raises:
        NotFound: there is no such experiment.
    """
    key = Experiment.objects.filter(pk=experiment_id).values_list("key", flat=True).first()
    if key is None:
        raise NotFound("There is no such experiment.")
    plan = subject_of(experiment_view(key), as_of).plan
    metrics = [one for one in plan.metrics if one.definition.kind is MetricKind.QUANTILE]
    if not metrics:
        return {}
    which = f"salt_version = {salt_version}" + ("" if phase is None else f" AND phase = {phase}")
    sql = _values_sql(experiment_id, which, as_of, metrics, limit)
    found: dict[str, dict[str, list[float]]] = {one.key: defaultdict(list) for one in metrics}
    with connection.cursor() as cursor:
        cursor.execute(sql)
        for variant, *values in cursor.fetchall():
            for one, value in zip(metrics, values, strict=True):
                if value is not None:
                    found[one.key][variant].append(float(value))
    return {
        metric: QuantileRollup(
            metric, {variant: tuple(sorted(values)) for variant, values in by_variant.items()}
        )
        for metric, by_variant in found.items()
    }


def _values_sql(
    experiment_id: int,
    which: str,
    as_of: datetime,
    metrics: list[MetricSlots],
    limit: int,
) -> str:
    day = text_literal(as_of.date().isoformat())
    at_day = f"(SELECT count(*) FROM unnest(u.days) d WHERE d <= {day}::date)"
    values = ", ".join(
        _value_sql(one, f"s.totals[s.lived][{one.total}]", f"s.totals[s.lived][{one.rows}]")
        for one in metrics
    )
    lived = (
        f"SELECT u.variant, u.totals, {at_day}::int AS lived, row_number() OVER (PARTITION BY"
        " u.variant ORDER BY hashtextextended(u.unit, 0)) AS place"
        f" FROM ({units_sql(experiment_id, which)}) u"
    )
    return f"SELECT s.variant, {values} FROM ({lived}) s WHERE s.place <= {limit} AND s.lived > 0"


def _value_sql(one: MetricSlots, total: str, rows: str) -> str:
    if one.definition.missing_is_zero:
        return f"coalesce({total}, 0)"
    return f"CASE WHEN {rows} > 0 THEN {total} END"


def baseline(metric: MetricVersionView, *, unit: UnitType, as_of: datetime, days: int) -> Baseline:
    """A metric over the shop's traffic of the last days, as if everyone had been exposed.

    Everyone counts from the first event or search in the window on; of retention, only those
    whose days are over. One statement.

    Args:
        metric: any version of it.
        unit: what would be randomised.
        as_of: the window's end, aware.
        days: its length.
    """
    frame = Frame(0, "", unit, (), as_of, low=as_of - timedelta(days=days))
    plan = plan_of([metric])
    with connection.cursor() as cursor:
        cursor.execute(baseline_sql(frame, plan))
        row = cursor.fetchone()
    if row is None:
        raise AssertionError("an aggregate without GROUP BY answers a row")
    numbers, units = row
    return Baseline(
        sums=sums_read(plan.metrics[0], numbers, None),
        days=float(days),
        units_per_day=units / days,
    )
