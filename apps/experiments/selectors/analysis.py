"""What an analysis reads, in a constant number of SQL statements."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection

from apps.common.errors import InvalidInput, NotFound
from apps.experiments.contracts.analysis import AnalysisContext, PlanQuestion
from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.design import (
    AnalysisPlan,
    ExperimentDesign,
    ExperimentKind,
    Horizon,
    UnitType,
)
from apps.experiments.contracts.lifecycle import ExperimentView, PhaseView
from apps.experiments.contracts.metrics import MetricKind, MetricVersionView
from apps.experiments.contracts.rollups import (
    QuantileRollup,
    RollupKey,
    RollupSums,
)
from apps.experiments.models import Analysis, Phase
from apps.experiments.selectors.currencies import currencies_seen
from apps.experiments.selectors.experiments import experiment_view
from apps.experiments.selectors.interleaving import interleaving_days
from apps.experiments.selectors.metrics import metric_view, metric_views
from apps.experiments.selectors.rollup_units import baseline, quantile_values
from apps.experiments.selectors.rollups import age_days, exposure_days, freshness

BASELINE_DAYS = 28
_COLUMNS = (
    "phase, variant, metric, dimension, value, day, n, rows, m, mm, d, dd, md, "
    "x, xx, mx, dx, z, zz, xz, mz, dz, steps, cap"
)
_ARRAYS = (7, 8, 9, 10, 16)  # places of x, xx, mx, dx and steps among the sums
# Every day of what is drawn over time, the last day of everything else: rows stand for every
# day from a phase's first unit to the last day.
_ROLLUPS = f"""
SELECT {_COLUMNS} FROM experiments_rollup
 WHERE experiment_id = %(experiment)s AND day <= %(day)s
   AND metric = ANY(%(daily)s) AND dimension = ANY(%(daily_dimensions)s)
 UNION ALL
SELECT {_COLUMNS} FROM experiments_rollup
 WHERE experiment_id = %(experiment)s
   AND NOT (metric = ANY(%(daily)s) AND dimension = ANY(%(daily_dimensions)s))
   AND day = (SELECT max(day) FROM experiments_rollup
               WHERE experiment_id = %(experiment)s AND dimension = '' AND day <= %(day)s)
"""


def _rollup(row: Sequence[Any]) -> tuple[RollupKey, RollupSums]:
    sums = list(row[6:])
    for place in _ARRAYS:
        sums[place] = tuple(sums[place] or ())
    return RollupKey(*row[:6]), RollupSums(*sums)


def rollups_read(
    *, experiment_id: int, day: date, daily: Sequence[str], daily_dimensions: Sequence[str]
) -> dict[RollupKey, RollupSums]:
    """Rows up to a day: all days of the `daily` metrics, the last day of the others."""
    with connection.cursor() as cursor:
        cursor.execute(
            _ROLLUPS,
            {
                "experiment": experiment_id,
                "day": day,
                "daily": list(daily),
                "daily_dimensions": list(daily_dimensions),
            },
        )
        return dict(_rollup(row) for row in cursor.fetchall())


def _daily(design: ExperimentDesign) -> tuple[list[str], list[str]]:
    """Metrics that are read by day, and in which dimensions.

    The primary is drawn over time; group sequential looks need every metric at past days.
    """
    keys = [design.primary.key]
    if design.plan.horizon is Horizon.GROUP_SEQUENTIAL:
        keys = [use.key for use in design.metrics]
    dimensions = [""]
    if design.plan.post_stratify_by:
        dimensions.append(design.plan.post_stratify_by)
    return keys, dimensions


def _quantiles(
    view: ExperimentView,
    metrics: Sequence[MetricVersionView],
    *,
    salt_version: int,
    phase: int | None,
    as_of: datetime,
) -> Mapping[str, QuantileRollup]:
    if not any(metric.definition.kind is MetricKind.QUANTILE for metric in metrics):
        return {}
    return quantile_values(
        experiment_id=view.id, salt_version=salt_version, phase=phase, as_of=as_of
    )


def _salt_version(phases: Sequence[PhaseView], wanted: int | None, phase: int | None) -> int:
    """The allocation that is read: the one asked for, of the phase asked for, or the latest.

    Raises:
        InvalidInput: there is no such allocation or phase.
    """
    if phase is not None:
        found = next((each.salt_version for each in phases if each.number == phase), None)
        if found is None or (wanted is not None and wanted != found):
            raise InvalidInput("There is no such phase.", field="phase")
        return found
    versions = {each.salt_version for each in phases}
    if wanted is not None and wanted not in versions:
        raise InvalidInput("There is no such allocation.", field="salt_version")
    return wanted or max(versions, default=0)


def analysis_context(
    *, key: str, as_of: datetime, salt_version: int | None = None, phase: int | None = None
) -> AnalysisContext:
    """All that an analysis reads; its statements do not grow with metrics or variants.

    Raises:
        NotFound: no such experiment.
        InvalidInput: no such allocation or phase.
    """
    view = experiment_view(key)
    design = view.design
    phases = tuple(each for each in view.phases if each.starts_at <= as_of)
    version = _salt_version(phases, salt_version, phase)
    metrics = metric_views((use.key, use.version) for use in design.metrics)
    daily, daily_dimensions = _daily(design)
    chances = Phase.objects.filter(experiment_id=view.id).values_list("number", "chances_best")
    interleaved = design.kind is ExperimentKind.INTERLEAVING
    return AnalysisContext(
        key=view.key,
        as_of=as_of,
        status=view.status,
        design=design,
        phases=phases,
        metrics=metrics,
        rollups=rollups_read(
            experiment_id=view.id,
            day=as_of.date(),
            daily=daily,
            daily_dimensions=daily_dimensions,
        ),
        exposures=exposure_days(experiment_id=view.id),
        freshness=freshness(experiment_id=view.id),
        ages=age_days(experiment_id=view.id),
        quantiles=_quantiles(view, metrics, salt_version=version, phase=phase, as_of=as_of),
        interleaving=interleaving_days(view.id) if interleaved else (),
        started_at=view.started_at,
        ended_at=view.ended_at,
        chances_best=dict(chances),
        salt_version=salt_version,
        phase=phase,
        currencies=currencies_seen(
            metrics, since=view.started_at, as_of=min(view.ended_at or as_of, as_of)
        ),
    )


def plan_question(
    *,
    metric: str,
    unit: UnitType,
    weights: tuple[float, ...],
    plan: AnalysisPlan,
    coverage: float,
    days: float | None,
    as_of: datetime,
) -> PlanQuestion:
    """A plan's inputs from the shop's own past traffic.

    Raises:
        NotFound: no such metric.
        InvalidInput: weights, coverage or days out of range.
    """
    if len(weights) < 2 or min(weights) <= 0:  # noqa: PLR2004 - control and a treatment
        raise InvalidInput("A plan needs two or more weights above 0.", field="weights")
    if not 0 < coverage <= 1:
        raise InvalidInput("Coverage is a share above 0, at most 1.", field="coverage")
    if days is not None and not days > 0:
        raise InvalidInput("A runtime is a number of days above 0.", field="days")
    version = metric_view(metric)
    past = baseline(version, unit=unit, as_of=as_of, days=BASELINE_DAYS)
    return PlanQuestion(
        metric=version,
        unit=unit,
        weights=weights,
        coverage=coverage,
        plan=plan,
        baseline=past.sums,
        baseline_days=float(BASELINE_DAYS),
        units_per_day=past.units_per_day,
        days=days,
    )


def analysis_latest(key: str) -> Mapping[str, Json]:
    """The stored document of an experiment's latest analysis.

    Raises:
        NotFound: none has been computed yet.
    """
    found = Analysis.objects.filter(experiment__key=key, latest=True).values_list("document")
    row = found.first()
    if row is None:
        raise NotFound("No analysis has been computed yet.")
    document: Mapping[str, Json] = row[0]
    return document
