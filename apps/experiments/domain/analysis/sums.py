"""From roll-ups to the sums that the statistics read."""

from collections.abc import Iterable

from apps.experiments.contracts.metrics import MetricDefinition, MetricKind
from apps.experiments.contracts.rollups import RollupSums
from apps.experiments.contracts.statistics import (
    ArmSums,
    CupedSums,
    MeanSums,
    ProportionSums,
    RatioCupedSums,
    RatioSums,
)

EMPTY = RollupSums(n=0, rows=0, m=0.0, mm=0.0)
RATES = frozenset({MetricKind.PROPORTION, MetricKind.RETENTION, MetricKind.FUNNEL})
"""Kinds whose units either did it or did not."""


def _together(a: tuple[float, ...], b: tuple[float, ...]) -> tuple[float, ...]:
    if not a or not b:
        return a or b
    return tuple(one + other for one, other in zip(a, b, strict=True))


def _steps_together(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    if not a or not b:
        return a or b
    return tuple(one + other for one, other in zip(a, b, strict=True))


def rollup_added(a: RollupSums, b: RollupSums) -> RollupSums:
    """The sums over both groups of units together (two phases, two dimension values)."""
    return RollupSums(
        n=a.n + b.n,
        rows=a.rows + b.rows,
        m=a.m + b.m,
        mm=a.mm + b.mm,
        d=a.d + b.d,
        dd=a.dd + b.dd,
        md=a.md + b.md,
        x=_together(a.x, b.x),
        xx=_together(a.xx, b.xx),
        mx=_together(a.mx, b.mx),
        dx=_together(a.dx, b.dx),
        z=a.z + b.z,
        zz=a.zz + b.zz,
        xz=a.xz + b.xz,
        mz=a.mz + b.mz,
        dz=a.dz + b.dz,
        steps=_steps_together(a.steps, b.steps),
        cap=a.cap if b.cap is None else b.cap,
    )


def rollups_added(rows: Iterable[RollupSums]) -> RollupSums:
    """All groups of units together; nothing is an arm without units."""
    whole = EMPTY
    for row in rows:
        whole = row if whole is EMPTY else rollup_added(whole, row)
    return whole


def plain_sums(definition: MetricDefinition, row: RollupSums) -> ArmSums:
    """The arm without covariates: a rate, a ratio or a mean per unit.

    A quantile is not in its sums: it is read from units' values; this is the mean of its units.
    """
    if definition.kind in RATES:
        return ProportionSums(row.n, row.m)
    if definition.kind is MetricKind.RATIO:
        return RatioSums(row.n, row.m, row.mm, row.d, row.dd, row.md)
    return MeanSums(row.n, row.m, row.mm)


def covariates_usable(definition: MetricDefinition, rows: Iterable[RollupSums]) -> bool:
    """Whether every arm carries something from before exposure that can explain a variance.

    Never of a metric that leaves units out (`missing_is_zero` off): which units are left, the
    treatment may have decided, and then their past differs between arms for no chance reason.
    """
    if not definition.missing_is_zero:
        return False
    ratio = definition.kind is MetricKind.RATIO
    found = [bool(row.x) and (row.z > 0 if ratio else any(row.x)) for row in rows]
    return bool(found) and all(found) and definition.kind is not MetricKind.QUANTILE


def adjusted_sums(definition: MetricDefinition, row: RollupSums) -> ArmSums:
    """The arm with its covariates from before exposure; a ratio with the same ratio before."""
    if definition.kind is MetricKind.RATIO:
        return RatioCupedSums(
            post=RatioSums(row.n, row.m, row.mm, row.d, row.dd, row.md),
            pre=RatioSums(row.n, row.x[0], row.xx[0], row.z, row.zz, row.xz),
            sum_m_m=row.mx[0],
            sum_d_d=row.dz,
            sum_m_d=row.mz,
            sum_d_m=row.dx[0],
        )
    width = len(row.x)
    outcome = plain_sums(definition, row)
    if not isinstance(outcome, MeanSums | ProportionSums):  # pragma: no cover - ratios are above
        raise TypeError("only a mean or a rate takes covariates")
    return CupedSums(
        outcome=outcome,
        sum_x=row.x,
        sum_xx=tuple(row.xx[start * width : (start + 1) * width] for start in range(width)),
        sum_xy=row.mx,
    )


def arm_sums(definition: MetricDefinition, row: RollupSums, *, adjusted: bool) -> ArmSums:
    """One arm as the statistics read it; `adjusted` with its covariates."""
    return adjusted_sums(definition, row) if adjusted else plain_sums(definition, row)
