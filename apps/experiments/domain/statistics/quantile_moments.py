"""The variance of a sample quantile from two order statistics around it."""

import numpy as np

from apps.experiments.contracts.statistics import ClusterSums, QuantileSummary, Reason
from apps.experiments.domain.scipy_late import ndtri
from apps.experiments.domain.statistics.errors import NotComputable, require_level
from apps.experiments.domain.statistics.moments import MomentVector


def _cluster_variance(sums: ClusterSums) -> float:
    """Variance of the share Σs / Σn over clusters (delta method).

    Raises:
        NotComputable: Fewer than two clusters, or no events in them.
    """
    m = sums.clusters
    if m < 2:  # noqa: PLR2004  # a variance needs two
        raise NotComputable(Reason.TOO_FEW_UNITS, "an arm has fewer than 2 units")
    if sums.sum_n <= 0:
        raise NotComputable(Reason.ZERO_DENOMINATOR, "the units have no events")
    mean_s, mean_n = sums.sum_s / m, sums.sum_n / m
    factor = m / (m - 1)
    var_s = (sums.sum_squares_s / m - mean_s**2) * factor
    var_n = (sums.sum_squares_n / m - mean_n**2) * factor
    cov = (sums.sum_sn / m - mean_s * mean_n) * factor
    spread = var_s - 2 * mean_s * cov / mean_n + mean_s**2 * var_n / mean_n**2
    return spread / (m * mean_n**2)


def quantile_moments(summary: QuantileSummary) -> MomentVector:
    """Moments (estimate; variance per event) of one arm's quantile.

    The distance of the order statistics estimates the standard error without a density
    (Woodruff 1952; Bahadur 1966). Events within a unit are not independent: the variance is
    multiplied by the cluster variance of the share below the quantile over q(1 - q) / n
    (Deng, Knoblich, Lu 2018, section 4).

    Raises:
        NotComputable: Too few events for an interval inside the sample, or equal bounds.
    """
    require_level(summary.quantile, "quantile")
    require_level(summary.level, "level")
    n, q = summary.n, summary.quantile
    if n <= 0 or summary.n_star <= 0:
        raise NotComputable(Reason.NO_DATA, "an arm has no events")
    z = float(ndtri(1 - summary.level / 2))
    if n <= z**2 * max(q / (1 - q), (1 - q) / q):
        raise NotComputable(
            Reason.TOO_FEW_UNITS, "too few events for an interval around this quantile"
        )
    width = (summary.upper - summary.lower) / (2 * z)
    if width < 0:
        raise NotComputable(Reason.INCONSISTENT_SUMS, "the upper bound is below the lower")
    variance = summary.n_star / n * (n - 1) * width**2
    if summary.clusters is not None:
        variance *= _cluster_variance(summary.clusters) * n / (q * (1 - q))
    return MomentVector(n=n, z=np.array([summary.estimate]), s=np.array([[variance]]))


def order_positions(n: int, quantile: float, level: float = 0.05) -> tuple[float, float]:
    """The two quantile levels at which `lower` and `upper` are to be read from n events.

    Raises:
        NotComputable: No events, or a level outside (0, 1).
    """
    require_level(quantile, "quantile")
    require_level(level, "level")
    if n <= 0:
        raise NotComputable(Reason.NO_DATA, "there are no events")
    half = float(ndtri(1 - level / 2)) * float(np.sqrt(quantile * (1 - quantile) / n))
    return max(0.0, quantile - half), min(1.0, quantile + half)
