"""What is estimated from an arm's moments: a value, its gradient, and the unadjusted baseline."""

from dataclasses import dataclass

import numpy as np

from apps.experiments.contracts.statistics import (
    CupedSums,
    ProportionSums,
    RatioCupedSums,
    RatioSums,
    Reason,
    SummableSums,
)
from apps.experiments.domain.statistics.errors import NotComputable
from apps.experiments.domain.statistics.moments import Matrix, MomentVector, Vector


@dataclass(frozen=True, slots=True)
class Estimand:
    """value = first ratio or mean, less theta times its covariates.

    `ratio`: moments come in pairs (numerator, denominator). `theta` (p) may be empty.
    """

    ratio: bool
    theta: Vector

    def _parts(self, z: Vector) -> tuple[Vector, Matrix]:
        """Every part's value (1 + p) and its gradient over the moments (1 + p, k)."""
        if not self.ratio:
            return z, np.eye(z.size)
        values = np.zeros(z.size // 2)
        gradient = np.zeros((values.size, z.size))
        for part in range(values.size):
            top, bottom = z[2 * part], z[2 * part + 1]
            if bottom == 0:
                raise NotComputable(Reason.ZERO_DENOMINATOR, "a ratio's denominator is zero")
            values[part] = top / bottom
            gradient[part, 2 * part : 2 * part + 2] = (1 / bottom, -top / bottom**2)
        return values, gradient

    def value(self, z: Vector) -> tuple[float, Vector]:
        """The adjusted value and its gradient.

        Raises:
            NotComputable: A denominator is zero.
        """
        values, gradient = self._parts(z)
        weights = np.concatenate(([1.0], -self.theta))
        return float(weights @ values), weights @ gradient

    def baseline(self, z: Vector) -> tuple[float, Vector]:
        """The unadjusted value and its gradient."""
        values, gradient = self._parts(z)
        return float(values[0]), gradient[0]


def _pooled(a: MomentVector, b: MomentVector) -> Matrix:
    """Covariance of both arms thrown together as one sample, up to a common factor."""
    n = a.n + b.n
    centre = (a.n * a.z + b.n * b.z) / n
    spread = np.zeros_like(a.s)
    for arm in (a, b):
        shift = arm.z - centre
        # Sums of squares within the arm as the sample variance has them, then between arms.
        spread += (arm.n - 1) * arm.s + arm.n * np.outer(shift, shift)
    return spread / (n - 1)


def _solve(spread: Matrix, cross: Vector) -> Vector:
    """Theta, leaving covariates without variance out (their coefficient is 0)."""
    theta = np.zeros(cross.size)
    varying = np.diag(spread) > 0
    if varying.any():
        inner = spread[np.ix_(varying, varying)]
        theta[varying] = np.linalg.lstsq(inner, cross[varying], rcond=None)[0]
    return theta


def _pooled_of_proportions(a: MomentVector, b: MomentVector) -> Matrix:
    """The same for moments with p(1 - p) variances, whose sums of squares are n · s."""
    n = a.n + b.n
    centre = (a.n * a.z + b.n * b.z) / n
    parts = [arm.n * (arm.s + np.outer(arm.z - centre, arm.z - centre)) for arm in (a, b)]
    pooled: Matrix = (parts[0] + parts[1]) / n
    return pooled


def cuped_theta(a: MomentVector, b: MomentVector, *, proportion: bool) -> Vector:
    """Coefficients (p) of the covariates, from both arms pooled as one sample.

    Source: Deng, Xu, Kohavi, Walker (2013), eq. 4; several covariates by least squares.
    """
    spread = _pooled_of_proportions(a, b) if proportion else _pooled(a, b)
    return _solve(spread[1:, 1:], spread[1:, 0])


def covariate_adjusted(
    a: MomentVector, b: MomentVector
) -> tuple[MomentVector, MomentVector, float]:
    """Both arms' outcome alone, moved to their common covariates (analysis of covariance).

    The slope is estimated within the arms, so that the effect itself does not enter it. The third
    answer is the variance that both means share: that of the common covariates.
    """
    spread = (a.n - 1) * a.s + (b.n - 1) * b.s
    theta = _solve(spread[1:, 1:], spread[1:, 0])
    centre = (a.n * a.z[1:] + b.n * b.z[1:]) / (a.n + b.n)
    weights = np.concatenate(([1.0], -theta))
    arms = []
    for arm in (a, b):
        mean = arm.z[0] - theta @ (arm.z[1:] - centre)
        variance = weights @ arm.s @ weights
        arms.append(MomentVector(arm.n, np.array([mean]), np.array([[variance]])))
    shared = float(theta @ spread[1:, 1:] @ theta) / (a.n + b.n - 2) / (a.n + b.n)
    return arms[0], arms[1], shared


def ratio_theta(a: MomentVector, b: MomentVector) -> Vector:
    """Coefficient (1) of the ratio before exposure: cov(R, R₀) / var(R₀), both by delta method.

    Source: Deng et al. (2013), section 4, with the delta method of Deng, Knoblich, Lu (2018).
    """
    plain = Estimand(ratio=True, theta=np.zeros(1))
    covariance = variance = 0.0
    for arm in (a, b):
        _, gradient = plain._parts(arm.z)  # noqa: SLF001  # the module's own class
        inner = gradient @ arm.s @ gradient.T
        covariance += float(inner[0, 1])
        variance += float(inner[1, 1])
    return np.array([covariance / variance if variance > 0 else 0.0])


def estimand_for(
    sums: SummableSums | RatioCupedSums, a: MomentVector, b: MomentVector
) -> Estimand:
    """The estimand of this kind of metric, its theta taken from both arms."""
    if isinstance(sums, CupedSums):
        proportion = isinstance(sums.outcome, ProportionSums)
        return Estimand(ratio=False, theta=cuped_theta(a, b, proportion=proportion))
    if isinstance(sums, RatioCupedSums):
        return Estimand(ratio=True, theta=ratio_theta(a, b))
    return Estimand(ratio=isinstance(sums, RatioSums), theta=np.zeros(0))
