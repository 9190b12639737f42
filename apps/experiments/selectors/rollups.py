"""Reads of roll-ups: what an analysis is computed from; a constant number of statements."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from apps.experiments.contracts.rollups import (
    AgeDay,
    ExposureDay,
    RollupFreshness,
    RollupKey,
    RollupSums,
)
from apps.experiments.models import Rollup, RollupAge, RollupExposure, RollupState
from apps.experiments.selectors.rollup_units import baseline, quantile_values

__all__ = [
    "age_days",
    "baseline",
    "exposure_days",
    "freshness",
    "freshness_many",
    "quantile_values",
    "rollup_last_day",
    "rollup_rows",
]

_KEY = ("phase", "variant", "metric", "dimension", "value", "day")
_SCALARS = ("n", "rows", "m", "mm", "d", "dd", "md", "z", "zz", "xz", "mz", "dz", "cap")
_ARRAYS = ("x", "xx", "mx", "dx", "steps")


def rollup_rows(
    *,
    experiment_id: int,
    dimension: str | None = "",
    days: Iterable[date] | None = None,
    metrics: Iterable[str] | None = None,
) -> dict[RollupKey, RollupSums]:
    """Cumulative rows of one experiment; one statement.

    Args:
        experiment_id: the row.
        dimension: one declared dimension, empty for all units, None for every dimension.
        days: only these (rows exist for every day from a phase's first unit to the last day);
            None: all.
        metrics: only these keys; None: all.
    """
    rows = Rollup.objects.filter(experiment_id=experiment_id)
    if dimension is not None:
        rows = rows.filter(dimension=dimension)
    if days is not None:
        rows = rows.filter(day__in=list(days))
    if metrics is not None:
        rows = rows.filter(metric__in=list(metrics))
    found = rows.values_list(*_KEY, *_SCALARS, *_ARRAYS)
    return {RollupKey(*row[: len(_KEY)]): _sums(row[len(_KEY) :]) for row in found.iterator()}


def _sums(row: Sequence[Any]) -> RollupSums:
    found: dict[str, Any] = dict(zip((*_SCALARS, *_ARRAYS), row, strict=True))
    return RollupSums(**found | {name: tuple(found[name]) for name in _ARRAYS})


def rollup_last_day(*, experiment_id: int) -> date | None:
    """The newest day of the roll-up, the day that its `as_of` lies in; None before the first."""
    return (
        Rollup.objects.filter(experiment_id=experiment_id, dimension="")
        .order_by("-day")
        .values_list("day", flat=True)
        .first()
    )


def exposure_days(*, experiment_id: int, dimension: str | None = None) -> tuple[ExposureDay, ...]:
    """Units first exposed and exposures, by day; one statement.

    `dimension` None is every dimension, the empty one (all units) included.
    """
    rows = RollupExposure.objects.filter(experiment_id=experiment_id)
    if dimension is not None:
        rows = rows.filter(dimension=dimension)
    fields = ("phase", "variant", "dimension", "value", "day", "units", "exposures")
    return tuple(
        ExposureDay(*row) for row in rows.order_by(*fields[:5]).values_list(*fields).iterator()
    )


def age_days(*, experiment_id: int) -> tuple[AgeDay, ...]:
    """The primary metric by days since first exposure; one statement."""
    fields = ("phase", "variant", "metric", "age", "n", "m", "mm", "d", "dd", "md")
    rows = RollupAge.objects.filter(experiment_id=experiment_id).order_by(*fields[:4])
    return tuple(AgeDay(*row) for row in rows.values_list(*fields))


def freshness(*, experiment_id: int) -> RollupFreshness:
    """How current the roll-up is; empty before the first run."""
    state = RollupState.objects.filter(pk=experiment_id).first()
    if state is None:
        return RollupFreshness(None, None, None, None, 0, 0, 0, 0, 0)
    return _freshness(state)


def freshness_many(experiment_ids: Iterable[int]) -> dict[int, RollupFreshness]:
    """The same for many experiments; one statement; those without a run are absent."""
    rows = RollupState.objects.filter(pk__in=list(experiment_ids))
    return {state.pk: _freshness(state) for state in rows}


def _freshness(state: RollupState) -> RollupFreshness:
    return RollupFreshness(
        as_of=state.as_of,
        ran_at=state.ran_at,
        last_exposure_at=state.last_exposure_at,
        last_event_at=state.last_event_at,
        units=state.units,
        multiple=state.multiple,
        merged=state.merged,
        mismatched=state.mismatched,
        unknown=state.unknown,
    )
