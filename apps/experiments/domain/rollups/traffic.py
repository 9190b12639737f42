"""A metric over the shop's own traffic as SQL: everyone counts from their first sight on."""

from datetime import timedelta

from apps.events.domain.identity_sql import EVENT_TABLE, QUERY_LOG_TABLE
from apps.experiments.contracts.metrics import MetricKind
from apps.experiments.domain.rollups.frame import NAMES, NAMES_SQL, WORK, Frame, moment
from apps.experiments.domain.rollups.plan import MetricSlots, RollupPlan
from apps.experiments.domain.rollups.quoting import number_literal
from apps.experiments.domain.rollups.sums import metric_array, places_used
from apps.experiments.domain.rollups.totals import totals_sql


def baseline_sql(frame: Frame, plan: RollupPlan) -> str:
    """One row: the array of the plan's one metric, and all units.

    Args:
        frame: `low` is the window's start, `as_of` its end.
        plan: of one metric, without covariates.
    """
    (one,) = plan.metrics
    places = places_used([one])
    last = "t.totals[cardinality(t.days)]"
    now = ", ".join(f"coalesce({last}[{place}], 0) AS n{place}" for place in places)
    before = ", ".join(f"0::float8 AS p{place}" for place in places)
    return (
        f"WITH {WORK} AS MATERIALIZED ({_units(frame)}),"
        f" {NAMES} AS MATERIALIZED ({NAMES_SQL}), t AS ({totals_sql(frame, plan)}),"
        f" s AS (SELECT w.first_at, true AS first, {now}, {before}"
        f" FROM {WORK} w LEFT JOIN t ON t.unit_id = w.id)"
        f" SELECT {metric_array(one, {})}, (SELECT count(*) FROM {WORK})"
        f" FROM ({_capped(one)}) c WHERE {_mature(one, frame)}"
    )


def _units(frame: Frame) -> str:
    """The work table's columns, from every event and search of the window."""
    rows = " UNION ALL ".join(
        f"SELECT {frame.unit_sql(table, 'e')} AS unit, e.occurred_at AS t FROM {table} e"
        f" {frame.identity_sql('e')} WHERE {frame.time_sql('e')}"
        for table in (EVENT_TABLE, QUERY_LOG_TABLE)
    )
    return (
        "SELECT row_number() OVER () AS id, unit, min(t) AS first_at, min(t) AS pre_at,"
        f" {moment(frame.as_of)} AS ends_at, NULL::text AS session_id"
        f" FROM ({rows}) r WHERE unit IS NOT NULL GROUP BY unit"
    )


def _capped(one: MetricSlots) -> str:
    """Totals under the percentile cap of units whose total is above 0."""
    percentile = one.definition.cap_percentile
    if percentile is None:
        return "SELECT * FROM s"
    total = f"n{one.total}"
    cap = (
        f"(SELECT percentile_cont({number_literal(percentile)}) WITHIN GROUP (ORDER BY {total})"
        f" FILTER (WHERE {total} > 0) FROM s)"
    )
    others = ", ".join(f"n{place}" for place in places_used([one]) if place != one.total)
    rest = f", {others}" if others else ""
    before = ", ".join(f"p{place}" for place in places_used([one]))
    return f"SELECT first_at, first, least({total}, {cap}) AS {total}{rest}, {before} FROM s"


def _mature(one: MetricSlots, frame: Frame) -> str:
    if one.definition.kind is not MetricKind.RETENTION:
        return "true"
    days = timedelta(days=one.definition.retention_to_day)
    return f"c.first_at <= {moment(frame.as_of - days)}"
