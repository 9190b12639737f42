"""Contexts as a selector would load them, from simulated units."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from apps.experiments.contracts.analysis import AnalysisContext
from apps.experiments.contracts.assignment import Status
from apps.experiments.contracts.design import (
    AnalysisPlan,
    ExperimentDesign,
    MetricRole,
    MetricUse,
    VariantDesign,
)
from apps.experiments.contracts.lifecycle import PhaseView
from apps.experiments.contracts.metrics import (
    Direction,
    Fact,
    FactSource,
    MetricDefinition,
    MetricKind,
    MetricVersionView,
)
from apps.experiments.contracts.rollups import (
    AgeDay,
    ExposureDay,
    QuantileRollup,
    RollupFreshness,
    RollupKey,
    RollupSums,
)

START = datetime(2026, 5, 4, tzinfo=UTC)
FACT = Fact(FactSource.EVENTS, ("purchase",))


def definition(kind: MetricKind, **fields: Any) -> MetricDefinition:
    if kind is MetricKind.RATIO:
        fields.setdefault("denominator", FACT)
    return MetricDefinition(title=kind.value, kind=kind, numerator=FACT, **fields)


def metric(key: str, kind: MetricKind = MetricKind.MEAN, **fields: Any) -> MetricVersionView:
    return MetricVersionView(key, 1, definition(kind, **fields))


def phase(number: int = 1, **fields: Any) -> PhaseView:
    base = PhaseView(
        number=number,
        salt=f"test:{number}",
        salt_version=1,
        coverage=1.0,
        weights=(0.5, 0.5),
        targeting={},
        layer=None,
        holdout_salt="",
        holdout_share=0.0,
        design_version=1,
        starts_at=START,
        ends_at=None,
        reason="",
    )
    return replace(base, **fields)


def sums(y: np.ndarray, *, d: np.ndarray | None = None, x: np.ndarray | None = None) -> RollupSums:
    """Sufficient statistics of units: totals y (n), denominators d (n), covariates x (n, p)."""
    zero = np.zeros_like(y)
    below = zero if d is None else d
    found = RollupSums(
        n=int(y.size), rows=int((y != 0).sum()), m=float(y.sum()), mm=float(y @ y),
        d=float(below.sum()), dd=float(below @ below), md=float(y @ below),
    )  # fmt: skip
    if x is None:
        return found
    return replace(
        found,
        x=tuple(x.sum(axis=0).tolist()),
        xx=tuple((x.T @ x).ravel().tolist()),
        mx=tuple((x.T @ y).tolist()),
        dx=tuple((x.T @ below).tolist()),
    )


def ratio_before(
    found: RollupSums, x: np.ndarray, z: np.ndarray, y: np.ndarray, d: np.ndarray
) -> RollupSums:
    return replace(
        found, z=float(z.sum()), zz=float(z @ z), xz=float(x @ z), mz=float(y @ z), dz=float(d @ z)
    )


def freshness(now: datetime, **fields: Any) -> RollupFreshness:
    base = RollupFreshness(now, now, now, now, 2000, 0, 0, 0, 0)
    return replace(base, **fields)


def design(
    *uses: MetricUse, variants: tuple[str, ...] = ("control", "treatment"), **fields: Any
) -> ExperimentDesign:
    share = 1 / len(variants)
    plan = fields.pop("plan", AnalysisPlan(minimum_runtime_days=1, planned_units=1000))
    return ExperimentDesign(
        name="Test",
        variants=tuple(VariantDesign(name, name, share) for name in variants),
        metrics=uses or (MetricUse("revenue", MetricRole.PRIMARY, 1),),
        plan=plan,
        **fields,
    )


Daily = Mapping[tuple[int, str], list[np.ndarray]]


def exposures(
    counts: Mapping[tuple[int, str], list[int]], **fields: str
) -> tuple[ExposureDay, ...]:
    return tuple(
        ExposureDay(
            number, variant, fields.get("dimension", ""), fields.get("value", ""),
            START.date() + timedelta(days=day), units, 2 * units,
        )
        for (number, variant), days in counts.items()
        for day, units in enumerate(days)
    )  # fmt: skip


def rollups(
    key: str, arrivals: Daily, *, dimension: str = "", value: str = ""
) -> dict[RollupKey, RollupSums]:
    """Cumulative rows of a metric whose units' totals are all made on their first day."""
    rows = {}
    for (number, variant), days in arrivals.items():
        for day in range(len(days)):
            y = np.concatenate(days[: day + 1])
            when = START.date() + timedelta(days=day)
            rows[RollupKey(number, variant, key, dimension, value, when)] = sums(y)
    return rows


def context(
    rows: Mapping[RollupKey, RollupSums],
    metrics: tuple[MetricVersionView, ...] = (),
    **fields: Any,
) -> AnalysisContext:
    as_of = fields.pop("as_of", START + timedelta(days=10))
    base = AnalysisContext(
        key="test",
        as_of=as_of,
        status=Status.RUNNING,
        design=design(),
        phases=(phase(),),
        metrics=metrics or (metric("revenue"),),
        rollups=rows,
        exposures=(),
        freshness=freshness(as_of),
        started_at=START,
    )
    return replace(base, **fields)


def simulated(
    seed: int = 1, *, days: int = 10, units: int = 100, lift: float = 0.0, **fields: Any
) -> AnalysisContext:
    """Two equal arms, so many units a day each, revenue ~ gamma with a relative lift."""
    rng = np.random.default_rng(seed)
    arrivals = {
        (1, name): [factor * rng.gamma(2.0, 5.0, units) for _ in range(days)]
        for name, factor in (("control", 1.0), ("treatment", 1.0 + lift))
    }
    counts = {key: [day.size for day in found] for key, found in arrivals.items()}
    return context(rollups("revenue", arrivals), exposures=exposures(counts), **fields)


def day_of(offset: int) -> date:
    return START.date() + timedelta(days=offset)


__all__ = [
    "START", "AgeDay", "Direction", "QuantileRollup", "context", "day_of", "definition", "design",
    "exposures", "freshness", "metric", "phase", "ratio_before", "rollups", "simulated", "sums",
]  # fmt: skip
