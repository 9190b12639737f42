"""From an arm's sums to its moment vector: means, and covariance of one unit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.experiments.contracts.statistics import (
    CupedSums,
    MeanSums,
    ProportionSums,
    RatioCupedSums,
    RatioSums,
    Reason,
    SummableSums,
)
from apps.experiments.domain.statistics.errors import NotComputable

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
ROUNDING = 1e-13
"""Relative error of sums of squares: a smaller variance is the rounding of none at all."""
CONTRADICTION = 1e-9
"""A variance below minus this share of the mean square is no rounding but wrong sums."""


@dataclass(frozen=True, slots=True)
class MomentVector:
    """n units with means z (k) and per-unit covariance s (k x k)."""

    n: int
    z: Vector
    s: Matrix


def _vector(n: int, sums: list[float], products: list[list[float]], ddof: int) -> MomentVector:
    """Means and covariance from sums (k) and sums of products (k x k).

    Raises:
        NotComputable: No units, one unit only, or sums that no numbers can have.
    """
    if n <= 0:
        raise NotComputable(Reason.NO_DATA, "an arm has no units")
    if n < 2:  # noqa: PLR2004  # a variance needs two units
        raise NotComputable(Reason.TOO_FEW_UNITS, "an arm has fewer than 2 units")
    total = np.array(sums, dtype=np.float64)
    square = np.array(products, dtype=np.float64)
    if not (np.isfinite(total).all() and np.isfinite(square).all()):
        raise NotComputable(Reason.INVALID_INPUT, "a sum is not a finite number")
    covariance = (square - np.outer(total, total) / n) / (n - ddof)
    spread = np.diag(covariance)
    size = np.maximum(np.abs(np.diag(square)) / n, 1e-300)
    if (spread < -CONTRADICTION * size).any():
        raise NotComputable(
            Reason.INCONSISTENT_SUMS, "a sum of squares is too small for its sum: variance < 0"
        )
    # Sums of equal values leave rounding noise where the variance is zero.
    flat = spread <= ROUNDING * size
    covariance[flat, :] = 0.0
    covariance[:, flat] = 0.0
    return MomentVector(n=n, z=total / n, s=covariance)


def _outcome(sums: MeanSums | ProportionSums) -> tuple[float, int]:
    """Σy² and the degrees of freedom that the variance gives up."""
    if isinstance(sums, ProportionSums):
        if sums.n > 0 and not 0 <= sums.sum <= sums.n:
            raise NotComputable(
                Reason.INCONSISTENT_SUMS, "a proportion has more conversions than units, or < 0"
            )
        return sums.sum, 0
    return sums.sum_squares, 1


def _cuped_vector(sums: CupedSums) -> MomentVector:
    """Moments of (y, x1 … xp).

    Raises:
        NotComputable: The sums' shapes do not fit each other.
    """
    width = len(sums.sum_x)
    shapes = (len(sums.sum_xy), len(sums.sum_xx), *(len(row) for row in sums.sum_xx))
    if width == 0 or any(shape != width for shape in shapes):
        raise NotComputable(Reason.INVALID_INPUT, "the covariates' sums do not fit each other")
    square, ddof = _outcome(sums.outcome)
    products = [[square, *sums.sum_xy]]
    for cross, row in zip(sums.sum_xy, sums.sum_xx, strict=True):
        products.append([cross, *row])
    return _vector(sums.outcome.n, [sums.outcome.sum, *sums.sum_x], products, ddof)


def _ratio_cuped_vector(sums: RatioCupedSums) -> MomentVector:
    """Moments of (numerator, denominator) after, then before exposure."""
    a, b = sums.post, sums.pre
    products = [
        [a.sum_squares_m, a.sum_md, sums.sum_m_m, sums.sum_m_d],
        [a.sum_md, a.sum_squares_d, sums.sum_d_m, sums.sum_d_d],
        [sums.sum_m_m, sums.sum_d_m, b.sum_squares_m, b.sum_md],
        [sums.sum_m_d, sums.sum_d_d, b.sum_md, b.sum_squares_d],
    ]
    return _vector(a.n, [a.sum_m, a.sum_d, b.sum_m, b.sum_d], products, 1)


def moments_of(sums: SummableSums | RatioCupedSums) -> MomentVector:
    """Moments of one arm, whatever its denominator: a part of a whole may have none.

    Raises:
        NotComputable: No units, too few, or sums that contradict each other.
    """
    if isinstance(sums, CupedSums):
        return _cuped_vector(sums)
    if isinstance(sums, RatioCupedSums):
        return _ratio_cuped_vector(sums)
    if isinstance(sums, RatioSums):
        products = [[sums.sum_squares_m, sums.sum_md], [sums.sum_md, sums.sum_squares_d]]
        return _vector(sums.n, [sums.sum_m, sums.sum_d], products, 1)
    square, ddof = _outcome(sums)
    return _vector(sums.n, [sums.sum], [[square]], ddof)


def moment_vector(sums: SummableSums | RatioCupedSums) -> MomentVector:
    """Moments of one arm: (y), (m, d), (y, x…) or (m, d, m before, d before).

    The variance is the sample's (n - 1); for proportions p(1 - p).

    Raises:
        NotComputable: No units, too few, no denominator, or sums that contradict each other.
    """
    if isinstance(sums, RatioSums) and sums.n > 1 and sums.sum_d == 0:
        # Said before any contradiction in the sums: it is what the analyst can act on.
        raise NotComputable(Reason.ZERO_DENOMINATOR, "a ratio's denominator is zero")
    return moments_of(sums)
