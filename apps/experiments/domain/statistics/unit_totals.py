"""Rows of units or of their events, totalled per unit, then per arm."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from apps.experiments.contracts.statistics import (
    CupedSums,
    MeanSums,
    ProportionSums,
    RatioSums,
    Reason,
    SummableSums,
)
from apps.experiments.domain.statistics.errors import NotComputable
from apps.experiments.domain.statistics.moments import Vector


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One row: a unit, the variant it was in, and what this row adds to its totals."""

    unit: str
    variant: str
    metric: float
    denominator: float = 0.0
    covariate: float | None = None


@dataclass(slots=True)
class _Unit:
    """Running totals of one unit; the covariate is the mean of the rows that state it."""

    variant: str
    metric: float = 0.0
    denominator: float = 0.0
    covariate: float = 0.0
    covariate_rows: int = 0
    mixed: bool = False


@dataclass(frozen=True, slots=True)
class UnitTotals:
    """Totals per variant: arrays of equal length (units), and units left out of them."""

    metric: Mapping[str, Vector]
    denominator: Mapping[str, Vector]
    covariate: Mapping[str, Vector]
    units: int
    multiple: int
    rows: int


@dataclass(slots=True)
class _Columns:
    metric: list[float] = field(default_factory=list)
    denominator: list[float] = field(default_factory=list)
    covariate: list[float] = field(default_factory=list)


def unit_totals(rows: Iterable[UnitRow]) -> UnitTotals:
    """Sum the rows of each unit. Units seen in two variants are counted and left out.

    Memory grows with the number of units, not of rows.
    """
    units: dict[str, _Unit] = {}
    count = 0
    for row in rows:
        count += 1
        unit = units.get(row.unit)
        if unit is None:
            unit = units[row.unit] = _Unit(row.variant)
        unit.mixed = unit.mixed or unit.variant != row.variant
        unit.metric += row.metric
        unit.denominator += row.denominator
        if row.covariate is not None:
            unit.covariate += row.covariate
            unit.covariate_rows += 1
    columns: dict[str, _Columns] = {}
    for unit in units.values():
        if not unit.mixed:
            column = columns.setdefault(unit.variant, _Columns())
            column.metric.append(unit.metric)
            column.denominator.append(unit.denominator)
            column.covariate.append(unit.covariate / max(1, unit.covariate_rows))
    return UnitTotals(
        metric={name: np.array(column.metric) for name, column in columns.items()},
        denominator={name: np.array(column.denominator) for name, column in columns.items()},
        covariate={name: np.array(column.covariate) for name, column in columns.items()},
        units=len(units),
        multiple=sum(unit.mixed for unit in units.values()),
        rows=count,
    )


def arm_from_totals(
    totals: UnitTotals, variant: str, *, kind: str = "mean", covariate: bool = False
) -> SummableSums:
    """The sums of one variant's units.

    `kind`: mean, proportion (a unit converted when its total is above 0) or ratio.

    Raises:
        NotComputable: The variant has no units, or the kind takes no covariate.
    """
    if variant not in totals.metric:
        raise NotComputable(Reason.NO_DATA, f"variant {variant!r} has no units")
    y = totals.metric[variant]
    n = int(y.size)
    if kind == "ratio":
        if covariate:
            raise NotComputable(Reason.INVALID_INPUT, "a ratio takes no covariate here")
        d = totals.denominator[variant]
        return RatioSums(
            n, float(y.sum()), float(y @ y), float(d.sum()), float(d @ d), float(y @ d)
        )
    if kind == "proportion":
        y = (y > 0).astype(np.float64)
        outcome: MeanSums | ProportionSums = ProportionSums(n, float(y.sum()))
    else:
        outcome = MeanSums(n, float(y.sum()), float(y @ y))
    if not covariate:
        return outcome
    x = totals.covariate[variant]
    return CupedSums(outcome, (float(x.sum()),), ((float(x @ x),),), (float(x @ y),))
