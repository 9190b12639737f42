"""Frozen answers of the statistics; each names the level and the scale that it used."""

from dataclasses import dataclass

from apps.experiments.contracts.statistics import Alternative, Scale


@dataclass(frozen=True, slots=True)
class EffectEstimate:
    """Treatment against control, before any test.

    `control_mean` and `treatment_mean` are adjusted by the covariates where there are any;
    variances are per unit; `theta` holds the covariates' coefficients.
    """

    scale: Scale
    effect: float
    standard_error: float
    degrees_of_freedom: float
    n_control: int
    n_treatment: int
    control_mean: float
    treatment_mean: float
    control_variance: float
    treatment_variance: float
    control_baseline: float
    theta: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class TestResult:
    """A frequentist answer: interval (unbounded sides are infinite) and p-value at `alpha`."""

    __test__ = False

    estimate: EffectEstimate
    method: str
    p_value: float
    ci: tuple[float, float]
    alpha: float
    alternative: Alternative
    statistic: float
    null_effect: float = 0.0


@dataclass(frozen=True, slots=True)
class PosteriorResult:
    """A Bayesian answer about the effect.

    `risk` is (expected loss of keeping control, expected loss of shipping treatment).
    """

    scale: Scale
    method: str
    effect: float
    posterior_sd: float
    ci: tuple[float, float]
    alpha: float
    chance_to_win: float
    risk: tuple[float, float]


@dataclass(frozen=True, slots=True)
class GroupSequentialDesign:
    """Boundaries at each look: z, nominal two- or one-sided level, alpha spent so far."""

    information: tuple[float, ...]
    z: tuple[float, ...]
    nominal_alpha: tuple[float, ...]
    alpha_spent: tuple[float, ...]
    sides: int


@dataclass(frozen=True, slots=True)
class GroupSequentialLook:
    """One look at the evidence: repeated interval and whether the boundary was crossed."""

    look: int
    statistic: float
    boundary: float
    crossed: bool
    ci: tuple[float, float]


@dataclass(frozen=True, slots=True)
class SrmResult:
    """Observed against expected units; `mismatch` is p below the alarm's level."""

    chi_square: float
    degrees_of_freedom: int
    p_value: float
    expected: tuple[float, ...]
    mismatch: bool
    threshold: float


@dataclass(frozen=True, slots=True)
class MultipleExposureResult:
    """Units seen in more than one variant: their share, its upper bound, and the verdict."""

    units: int
    multiple: int
    share: float
    upper_bound: float
    alarm: bool
    threshold: float


@dataclass(frozen=True, slots=True)
class BiasResult:
    """Were the arms alike before they were treated? A t test on the covariate."""

    test: TestResult
    biased: bool
    threshold: float


@dataclass(frozen=True, slots=True)
class NoveltyResult:
    """Trend of the effect over days since exposure (weighted least squares)."""

    slope: float
    slope_standard_error: float
    intercept: float
    p_value: float
    first_effect: float
    last_effect: float
    fading: bool
    growing: bool


@dataclass(frozen=True, slots=True)
class SimpsonResult:
    """Do the phases tell the same story as their pool?

    `combined_effect` weighs phases by inverse variance, `pooled_effect` throws all units together.
    """

    phase_effects: tuple[float, ...]
    combined_effect: float
    combined_standard_error: float
    pooled_effect: float
    heterogeneity: float
    p_value: float
    reversal: bool


@dataclass(frozen=True, slots=True)
class GuardrailResult:
    """Non-inferiority: is the metric no worse than `margin` (given as a positive number)?"""

    estimate: EffectEstimate
    margin: float
    p_value: float
    bound: float
    safe: bool
    breached: bool
    alpha: float


@dataclass(frozen=True, slots=True)
class ScaledImpact:
    """An absolute effect over so many units, with its interval."""

    units: float
    impact: float
    ci: tuple[float, float]


@dataclass(frozen=True, slots=True)
class PlanResult:
    """Power at one size: `power`, and `power_at_look` for sequential designs."""

    effect: float
    n_total: float
    n_control: float
    n_treatment: float
    standard_error: float
    power: float
    power_at_look: float
