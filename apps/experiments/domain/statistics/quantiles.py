"""Quantiles from the units themselves: sufficient statistics, and the bootstrap."""

import numpy as np

from apps.experiments.contracts.statistics import ClusterSums, QuantileSummary, Reason, Scale
from apps.experiments.contracts.statistics_results import PosteriorResult
from apps.experiments.domain.statistics.errors import NotComputable, require_level, typed_state
from apps.experiments.domain.statistics.moments import Vector
from apps.experiments.domain.statistics.quantile_moments import order_positions


def _clusters(below: Vector, units: Vector) -> ClusterSums:
    """Per unit: how many events, and how many at or below the quantile."""
    _, index = np.unique(units, return_inverse=True)
    n = np.bincount(index).astype(np.float64)
    s = np.bincount(index, weights=below)
    return ClusterSums(
        clusters=int(n.size),
        sum_s=float(s.sum()),
        sum_squares_s=float(s @ s),
        sum_n=float(n.sum()),
        sum_squares_n=float(n @ n),
        sum_sn=float(s @ n),
    )


@typed_state
def quantile_summary(
    values: Vector, quantile: float, *, units: Vector | None = None, level: float = 0.05
) -> QuantileSummary:
    """The sufficient statistics of one arm's quantile.

    Args:
        values: One number per event (n).
        quantile: Which quantile, in (0, 1).
        units: The unit that each event belongs to (n); None where an event is a unit.
        level: Level of the order statistics around the quantile.

    Returns:
        The summary, or `CannotCompute`.
    """
    low, high = order_positions(values.size, quantile, level)
    estimate, lower, upper = (float(q) for q in np.quantile(values, [quantile, low, high]))
    clusters = None
    if units is not None:
        clusters = _clusters((values <= estimate).astype(np.float64), units)
    return QuantileSummary(
        n=int(values.size),
        quantile=quantile,
        estimate=estimate,
        lower=lower,
        upper=upper,
        n_star=int(values.size),
        level=level,
        clusters=clusters,
    )


def _replicates(values: Vector, quantile: float, count: int, rng: np.random.Generator) -> Vector:
    """Bootstrap quantiles drawn by index: the order statistic's rank is Binomial(n + 1, q).

    Source: Schultzberg and Ankargren (2022), arXiv 2202.06660.
    """
    ranks = rng.binomial(values.size + 1, quantile, size=count)
    ordered: Vector = np.sort(values)
    return ordered[np.clip(ranks, 1, values.size) - 1]


def _require_units(*arms: Vector) -> None:
    """Check that every arm can be drawn from.

    Raises:
        NotComputable: One has fewer than 2 units.
    """
    for values in arms:
        if values.size == 0:
            raise NotComputable(Reason.NO_DATA, "an arm has no units")
        if values.size < 2:  # noqa: PLR2004  # nothing to draw from
            raise NotComputable(Reason.TOO_FEW_UNITS, "an arm has fewer than 2 units")


def _relative(drawn: Vector, a: Vector, base: float) -> Vector:
    """Replicates as shares of control's.

    Raises:
        NotComputable: Control's quantile is zero in the sample or in a replicate.
    """
    if base == 0 or (a == 0).any():
        raise NotComputable(
            Reason.ZERO_DENOMINATOR, "control's quantile is zero: there is no relative effect"
        )
    shares: Vector = drawn / np.abs(a)
    return shares


@typed_state
def quantile_bootstrap(
    control: Vector,
    treatment: Vector,
    *,
    quantile: float,
    scale: Scale = Scale.RELATIVE,
    alpha: float = 0.05,
    replicates: int = 10_000,
    seed: int = 0,
) -> PosteriorResult:
    """Percentile bootstrap of the difference of quantiles of independent units.

    `chance_to_win` is the share of replicates in which treatment is above (ties half), `risk` the
    mean loss over them, `effect` the difference of the sample quantiles.

    Returns:
        The answer, or `CannotCompute`: no data, fewer than 2 units, no spread, zero baseline.
    """
    require_level(alpha)
    require_level(quantile, "quantile")
    _require_units(control, treatment)
    base = float(np.quantile(control, quantile))
    effect = float(np.quantile(treatment, quantile)) - base
    rng = np.random.default_rng(seed)
    a = _replicates(control, quantile, replicates, rng)
    b = _replicates(treatment, quantile, replicates, rng)
    drawn = b - a
    if scale is Scale.RELATIVE:
        drawn, effect = _relative(drawn, a, base), effect / abs(base)
    if float(drawn.std()) == 0:
        raise NotComputable(Reason.ZERO_VARIANCE, "the quantiles do not vary")
    low, high = np.quantile(drawn, [alpha / 2, 1 - alpha / 2])
    return PosteriorResult(
        scale=scale,
        method="quantile_bootstrap",
        effect=effect,
        posterior_sd=float(drawn.std(ddof=1)),
        ci=(float(low), float(high)),
        alpha=alpha,
        chance_to_win=float((drawn > 0).mean() + 0.5 * (drawn == 0).mean()),
        risk=(float(np.maximum(drawn, 0).mean()), float(np.maximum(-drawn, 0).mean())),
    )
