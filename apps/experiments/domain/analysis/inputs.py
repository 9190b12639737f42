"""Names of the numbers that a result was computed from, as its origin shows them.

`<variant>.n`, `.m`, `.mm`, `.d` … are the sums of contracts.rollups.RollupSums; a stratum or a
period stands in brackets, `<variant>[2].m`.
"""

from collections.abc import Mapping

from apps.experiments.contracts.rollups import RollupSums
from apps.experiments.contracts.statistics import QuantileSummary

Inputs = dict[str, float | int | str | None]


def row_inputs(prefix: str, row: RollupSums, *, adjusted: bool = False) -> Inputs:
    """One arm's sums; those of covariates only where they were used."""
    found: Inputs = {f"{prefix}.n": row.n, f"{prefix}.m": row.m, f"{prefix}.mm": row.mm}
    if row.dd:
        found |= {f"{prefix}.d": row.d, f"{prefix}.dd": row.dd, f"{prefix}.md": row.md}
    if row.cap is not None:
        found[f"{prefix}.cap"] = row.cap
    if not adjusted:
        return found
    width = len(row.x)
    found[f"{prefix}.covariates"] = width
    for place in range(width):
        found[f"{prefix}.x{place}"] = row.x[place]
        found[f"{prefix}.mx{place}"] = row.mx[place]
        for other in range(place, width):
            found[f"{prefix}.xx{place}{other}"] = row.xx[place * width + other]
    if row.zz:
        found[f"{prefix}.dx0"] = row.dx[0]
        for name in ("z", "zz", "xz", "mz", "dz"):
            found[f"{prefix}.{name}"] = getattr(row, name)
    return found


def strata_inputs(
    strata: Mapping[str, tuple[RollupSums, RollupSums]], names: tuple[str, str], *, adjusted: bool
) -> Inputs:
    """Both arms' sums in every stratum."""
    found: Inputs = {}
    for value, pair in strata.items():
        for name, row in zip(names, pair, strict=True):
            found |= row_inputs(f"{name}[{value}]", row, adjusted=adjusted)
    return found


def periods_inputs(
    rows: Mapping[int, Mapping[str, RollupSums]], names: tuple[str, str], *, adjusted: bool
) -> Inputs:
    """Both arms' sums in every phase, and the units that weigh it."""
    found: Inputs = {}
    for number, arms in rows.items():
        found[f"phase {number} units"] = sum(row.n for row in arms.values())
        for name in names:
            row = arms[name]
            found |= row_inputs(f"{name}[{number}]", row, adjusted=adjusted and row.n > 0)
    return found


def quantile_inputs(prefix: str, arm: QuantileSummary) -> Inputs:
    """One arm's quantile and the order statistics around it."""
    return {
        f"{prefix}.n": arm.n,
        f"{prefix}.quantile": arm.quantile,
        f"{prefix}.estimate": arm.estimate,
        f"{prefix}.lower": arm.lower,
        f"{prefix}.upper": arm.upper,
        f"{prefix}.level": arm.level,
    }
