"""Day rows from the unit table: read what each day adds, run the sums, write what changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, timedelta

from django.db import connection

from apps.experiments.contracts.metrics import MetricKind
from apps.experiments.contracts.rollups import AgeDay, ExposureDay, RollupKey, RollupSums
from apps.experiments.domain.rollups.days import (
    DayAdds,
    Group,
    adds_by_group,
    age_rows,
    exposure_rows,
    rollup_rows_of,
    values_kept,
)
from apps.experiments.domain.rollups.exposed import salt_ends
from apps.experiments.domain.rollups.frame import moment
from apps.experiments.domain.rollups.plan import MetricSlots
from apps.experiments.domain.rollups.sums import caps_sql, days_sql, retention_sql
from apps.experiments.selectors.rollup_subject import Subject
from apps.experiments.services.rollups.tables import Target, rows_merge

# Metrics of one statement: PostgreSQL sums at most 1,664 columns at once.
_METRICS_AT_ONCE = 10
_ROLLUP = Target(
    "experiments_rollup",
    key=("phase", "variant", "metric", "dimension", "value", "day"),
    values=tuple(field.name for field in fields(RollupSums)),
)
_EXPOSURE = Target(
    "experiments_rollupexposure",
    key=("phase", "variant", "dimension", "value", "day"),
    values=("units", "exposures"),
)
_AGE = Target(
    "experiments_rollupage",
    key=("phase", "variant", "metric", "age"),
    values=("n", "m", "mm", "d", "dd", "md"),
)
_WITHOUT_AGES = frozenset({MetricKind.RETENTION, MetricKind.QUANTILE})
Rows = list[tuple[RollupKey, RollupSums]]


@dataclass(frozen=True, slots=True)
class DayRows:
    """Everything that one run writes, and the sums for the gauges."""

    rollups: Rows
    exposures: list[ExposureDay]
    ages: list[AgeDay]


def rows_refresh(subject: Subject) -> tuple[DayRows, int]:
    """Compute all day rows from the unit table and write those that differ; how many did."""
    rows = rows_compute(subject)
    experiment_id = subject.view.id
    written = rows_merge(_ROLLUP, experiment_id, map(_rollup_cells, rows.rollups))
    written += rows_merge(_EXPOSURE, experiment_id, map(_cells, rows.exposures))
    written += rows_merge(_AGE, experiment_id, map(_cells, rows.ages))
    return rows, written


def rows_compute(subject: Subject) -> DayRows:
    """All day rows of an experiment."""
    metrics = subject.plan.metrics
    caps = _caps(subject, metrics)
    daily = [one for one in metrics if one.definition.kind is not MetricKind.RETENTION]
    batches = [
        daily[start : start + _METRICS_AT_ONCE]
        for start in range(0, max(len(daily), 1), _METRICS_AT_ONCE)
    ]
    rollups: Rows = []
    exposed: list[DayAdds] = []
    lived: list[DayAdds] = []
    kept: dict[str, frozenset[str]] = {}
    primary = _aged(subject)
    for chunk in batches:
        aged = primary if primary in chunk else None
        sql = days_sql(subject.view.id, chunk, subject.dimensions, caps, aged)
        adds = list(_adds(sql, subject.dimensions, aged=aged is not None))
        if aged is not None:
            lived = adds
        if not exposed:
            exposed, kept = adds, values_kept(adds)
        rollups += _rows_of(subject, chunk, adds, kept, caps)
    for one in metrics:
        if one.definition.kind is MetricKind.RETENTION:
            adds = list(_adds(_retention(subject, one), subject.dimensions))
            rollups += _rows_of(subject, (one,), adds, kept, caps)
    exposures = exposure_rows(exposed, kept)
    ages = []
    if primary is not None:
        ages = age_rows(primary.key, lived, exposures, today=_today(subject))
    return DayRows(rollups, exposures, ages)


def _rows_of(
    subject: Subject,
    metrics: Sequence[MetricSlots],
    adds: Sequence[DayAdds],
    kept: Mapping[str, frozenset[str]],
    caps: Mapping[str, float],
) -> Rows:
    last = subject.last_day
    ends = dict(salt_ends(subject.phases))
    settled = {
        phase.number: ends[phase.salt_version].astimezone(UTC).date()
        for phase in subject.phases
        if phase.salt_version in ends
    }
    return [
        row
        for place, one in enumerate(metrics)
        for row in rollup_rows_of(
            one,
            adds_by_group(adds, place, kept),
            last=last,
            settled=settled,
            cap=caps.get(one.key),
        )
    ]


def _caps(subject: Subject, metrics: Sequence[MetricSlots]) -> dict[str, float]:
    """Percentile caps, one statement."""
    capped = [one for one in metrics if one.definition.cap_percentile is not None]
    if not capped:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(caps_sql(subject.view.id, capped))
        row = cursor.fetchone()
    found = zip(capped, row or (), strict=True)
    return {one.key: float(cap) for one, cap in found if cap is not None}


def _adds(sql: str, dimensions: Sequence[str], *, aged: bool = False) -> Iterator[DayAdds]:
    names = ("", *dimensions)
    with connection.cursor() as cursor:
        cursor.execute(sql)
        for phase, variant, place, value, day, units, exposures, *found in cursor.fetchall():
            group = Group(phase, variant, names[place], value)
            arrays = tuple(map(tuple, found))
            age = arrays[-1] if aged else ()
            own = arrays[:-1] if aged else arrays
            yield DayAdds(group, day, units, round(exposures), own, age)


def _retention(subject: Subject, one: MetricSlots) -> str:
    as_of = subject.frame.as_of
    ends = {salt: moment(min(end, as_of)) for salt, end in salt_ends(subject.phases)}
    return retention_sql(subject.view.id, one, subject.dimensions, moment(as_of), ends)


def _aged(subject: Subject) -> MetricSlots | None:
    """The primary metric, whose novelty is shown; kinds without a day of their own have none."""
    primary = subject.view.design.primary.key
    for one in subject.plan.metrics:
        if one.key == primary and one.definition.kind not in _WITHOUT_AGES:
            return one
    return None


def _today(subject: Subject) -> date:
    """The day before which every day is over, for units that are still living."""
    return min(subject.frame.as_of.astimezone(UTC).date(), subject.last_day + timedelta(days=1))


def _rollup_cells(row: tuple[RollupKey, RollupSums]) -> tuple[object, ...]:
    return (*_cells(row[0]), *_cells(row[1]))


def _cells(row: object) -> tuple[object, ...]:
    """A frozen row's fields in order; arrays as lists, which COPY writes as arrays."""
    found = (getattr(row, field.name) for field in fields(row))  # type: ignore[arg-type]  # rows are dataclasses
    return tuple(list(cell) if isinstance(cell, tuple) else cell for cell in found)
