"""What goes into an analysis (sums over units, per arm) and what comes out of it.

No rows and no data frames: an arm is a handful of sums, so that every number on a result page
can be recomputed from what the page shows.
"""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why something cannot be computed."""

    NO_DATA = "no_data"
    TOO_FEW_UNITS = "too_few_units"
    ZERO_VARIANCE = "zero_variance"
    ZERO_DENOMINATOR = "zero_denominator"
    INCONSISTENT_SUMS = "inconsistent_sums"
    NO_SOLUTION = "no_solution"
    INVALID_INPUT = "invalid_input"
    SAME_TREATMENT = "same_treatment"


class Scale(StrEnum):
    """Effects are differences (absolute) or shares of the control's mean (relative)."""

    ABSOLUTE = "absolute"
    RELATIVE = "relative"


class Alternative(StrEnum):
    """Which departures from the null value count as evidence."""

    TWO_SIDED = "two-sided"
    GREATER = "greater"
    LESS = "less"


class Spending(StrEnum):
    """Families of alpha spending functions (Lan and DeMets 1983; Kim and DeMets 1987)."""

    OBRIEN_FLEMING = "obrien_fleming"
    POCOCK = "pocock"
    POWER = "power"


@dataclass(frozen=True, slots=True)
class CannotCompute:
    """The typed state of a number that does not exist: its reason, and words for the page."""

    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class MeanSums:
    """One arm of a mean per unit: n units, Σy, Σy²."""

    n: int
    sum: float
    sum_squares: float


@dataclass(frozen=True, slots=True)
class ProportionSums:
    """One arm of a proportion: n units, of which `sum` converted."""

    n: int
    sum: float


@dataclass(frozen=True, slots=True)
class RatioSums:
    """One arm of a ratio of means Σm / Σd over n units (clicks / impressions)."""

    n: int
    sum_m: float
    sum_squares_m: float
    sum_d: float
    sum_squares_d: float
    sum_md: float


@dataclass(frozen=True, slots=True)
class CupedSums:
    """One arm with p covariates from before exposure.

    `sum_x` (p), `sum_xx` (p x p, symmetric: Σ xᵢxⱼ) and `sum_xy` (p: Σ xᵢy).
    """

    outcome: MeanSums | ProportionSums
    sum_x: tuple[float, ...]
    sum_xx: tuple[tuple[float, ...], ...]
    sum_xy: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class RatioCupedSums:
    """One arm of a ratio with the same ratio before exposure; cross sums post x pre."""

    post: RatioSums
    pre: RatioSums
    sum_m_m: float
    sum_d_d: float
    sum_m_d: float
    """Σ numerator after · denominator before."""
    sum_d_m: float
    """Σ denominator after · numerator before."""


@dataclass(frozen=True, slots=True)
class ClusterSums:
    """Units (clusters) behind events: s = events at or below the quantile, n = events."""

    clusters: int
    sum_s: float
    sum_squares_s: float
    sum_n: float
    sum_squares_n: float
    sum_sn: float


@dataclass(frozen=True, slots=True)
class QuantileSummary:
    """One arm of a quantile: the sample quantile and two order statistics around it.

    `lower` and `upper` are the sample quantiles at
    quantile ± z(1 - level / 2) · sqrt(quantile (1 - quantile) / n_star).
    """

    n: int
    quantile: float
    estimate: float
    lower: float
    upper: float
    n_star: int
    level: float = 0.05
    clusters: ClusterSums | None = None


ArmSums = MeanSums | ProportionSums | RatioSums | CupedSums | RatioCupedSums | QuantileSummary
SummableSums = MeanSums | ProportionSums | RatioSums | CupedSums


@dataclass(frozen=True, slots=True)
class NormalPrior:
    """Prior of the effect; on the relative scale it is a share of the control's mean."""

    mean: float
    variance: float
    scale: Scale = Scale.RELATIVE


@dataclass(frozen=True, slots=True)
class BetaPrior:
    """Prior of each arm's rate."""

    alpha: float = 1.0
    beta: float = 1.0


@dataclass(frozen=True, slots=True)
class SpendingPlan:
    """How alpha is spent: family, its exponent (power family only), sides 1 or 2."""

    family: Spending
    rho: float = 2.0
    sides: int = 2


@dataclass(frozen=True, slots=True)
class DayEffect:
    """The effect among units on their nth day since first exposure."""

    day: float
    effect: float
    standard_error: float


@dataclass(frozen=True, slots=True)
class PlanInputs:
    """What a plan starts from: one unit's mean and variance, and how traffic is split.

    `weights` are shares of the units, control first; every treatment is compared with control.
    `tuning_n` plans a confidence sequence, `information` with `spending` a group sequential
    design.
    `prior` (relative or absolute as `scale`) plans a Bayesian reading of the interval.
    """

    mean: float
    variance: float
    weights: tuple[float, ...] = (0.5, 0.5)
    alpha: float = 0.05
    scale: Scale = Scale.RELATIVE
    alternative: Alternative = Alternative.TWO_SIDED
    tuning_n: float | None = None
    information: tuple[float, ...] = ()
    spending: SpendingPlan | None = None
    prior: NormalPrior | None = None
