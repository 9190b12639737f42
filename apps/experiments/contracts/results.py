"""A full analysis: what result pages show and the API returns; every number with its origin."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.design import MetricRole
from apps.experiments.contracts.lifecycle import PhaseView
from apps.experiments.contracts.metrics import Direction, MetricKind
from apps.experiments.contracts.rollups import ExposureDay, InterleavingDay, RollupFreshness
from apps.experiments.contracts.statistics import CannotCompute


class Verdict(StrEnum):
    """What a comparison says, at the level shown."""

    BETTER = "better"
    WORSE = "worse"
    NO_DIFFERENCE_SHOWN = "no_difference_shown"
    CANNOT_COMPUTE = "cannot_compute"


class HealthStatus(StrEnum):
    """How a check came out; unknown: not enough to say."""

    OK = "ok"
    WARNING = "warning"
    ALARM = "alarm"
    UNKNOWN = "unknown"


class Action(StrEnum):
    """What the platform recommends."""

    SHIP = "ship"
    ROLL_BACK = "roll_back"
    KEEP_RUNNING = "keep_running"
    INCONCLUSIVE = "inconclusive"
    INVESTIGATE = "investigate"
    NO_DATA = "no_data"


@dataclass(frozen=True, slots=True)
class Origin:
    """What a number was computed from, enough to do it again.

    Attributes:
        formula: in words and symbols.
        method: name as in docs/statistics.md, with its anchor.
        level: alpha that the interval and the test used.
        inputs: name → number, per arm prefixed by the variant key.
    """

    formula: str
    method: str
    level: float
    inputs: Mapping[str, float | int | str | None]


@dataclass(frozen=True, slots=True)
class ArmValue:
    """One arm of one metric.

    Attributes:
        n: units.
        numerator, denominator: what stands beneath the value (conversions / units,
            clicks / impressions, revenue / visitors).
        value: mean, rate, ratio or quantile; None when it cannot be computed.
        standard_error: of the value.
    """

    variant: str
    n: int
    numerator: float
    denominator: float
    value: float | None
    standard_error: float | None
    state: CannotCompute | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect on one scale with its interval; `ci` may be infinite on one side."""

    estimate: float
    standard_error: float
    ci: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A treatment against control.

    Attributes:
        absolute, relative: effects with the intervals of the plan's method and level; None
            when they cannot be computed (`state` says why).
        p_value: of the plan's test; adjusted_p_value: after the plan's correction.
        chance_to_win, expected_loss: Bayesian plans only.
        significant: by the plan (adjusted, sequential boundary or posterior).
        scaled_impact: the absolute effect over all units of a day, with its interval.
        guardrail_safe, guardrail_breached: guardrails only.
        cuped: whether covariates were used; variance_reduction: share removed by them.
    """

    variant: str
    verdict: Verdict
    absolute: Effect | None
    relative: Effect | None
    p_value: float | None
    adjusted_p_value: float | None
    significant: bool
    chance_to_win: float | None = None
    expected_loss: float | None = None
    scaled_impact: Effect | None = None
    guardrail_safe: bool | None = None
    guardrail_breached: bool | None = None
    guardrail_p_value: float | None = None
    cuped: bool = False
    variance_reduction: float | None = None
    origin: Origin | None = None
    state: CannotCompute | None = None


@dataclass(frozen=True, slots=True)
class MetricResult:
    """One row of the result table for each comparison.

    Attributes:
        version: of the definition used.
        steps: funnels only: per variant, units reaching each step.
    """

    key: str
    version: int
    title: str
    role: MetricRole
    kind: MetricKind
    direction: Direction
    format: str
    margin: float
    arms: tuple[ArmValue, ...]
    comparisons: tuple[Comparison, ...]
    steps: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class SeriesPoint:
    """The cumulative relative effect of the primary metric at the end of a day.

    Attributes:
        ci: the plan's interval (sequential: the band that may be read every day).
        fixed_ci: the interval of a single planned look.
    """

    day: date
    variant: str
    effect: float
    ci: tuple[float, float]
    fixed_ci: tuple[float, float]


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """One check of the health tab, per phase and dimension where it applies.

    Attributes:
        code: `srm`, `multiple_exposure`, `pre_exposure_bias`, `freshness`, `missing_events`,
            `mismatch`, `novelty`, `simpson`.
        scope: `phase 2`, `device=mobile`, or empty for the whole.
        table: rows behind the verdict, column name → value.
    """

    code: str
    title: str
    scope: str
    status: HealthStatus
    message: str
    p_value: float | None = None
    table: tuple[Mapping[str, float | int | str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class DimensionResult:
    """The metrics within one value of a dimension (exploratory: not corrected, and says so)."""

    dimension: str
    value: str
    metrics: tuple[MetricResult, ...]


@dataclass(frozen=True, slots=True)
class InterleavingResult:
    """Preference between two rankings: exact sign test over units.

    Attributes:
        preference: (wins of treatment - wins of control) / units without ties, in [-1, 1].
    """

    variants: tuple[str, str]
    wins: tuple[int, int]
    ties: int
    credits: tuple[int, int]
    preference: float | None
    ci: tuple[float, float] | None
    p_value: float | None
    significant: bool
    days: tuple[InterleavingDay, ...]
    state: CannotCompute | None = None


@dataclass(frozen=True, slots=True)
class AllocationPoint:
    """Weights that began with a phase (bandits, ramps)."""

    phase: int
    starts_at: datetime
    coverage: float
    weights: Mapping[str, float]
    chances_best: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What to do, and why, in words.

    Attributes:
        headline: one sentence.
        reasons: sentences, the most important first, each with its numbers.
        days_left: until the planned power at this traffic; None when it cannot be said.
    """

    action: Action
    variant: str
    headline: str
    reasons: tuple[str, ...]
    days_left: float | None = None


@dataclass(frozen=True, slots=True)
class ExperimentResults:
    """Everything a result page shows of one experiment.

    Attributes:
        salt_version: the allocation analysed; `phases` are all of them, those with this salt
            version are pooled (bandits: all phases, stratified by phase).
        readable: whether it may be read as evidence now; else `unreadable_because` lists why
            (minimum runtime, minimum units, SRM, fixed horizon not reached …).
        extra: more numbers; `currency` of money: ISO 4217, or `mixed` when events came in several
            (`currencies`: each one's share of them, the most frequent first).
        days_running: whole days since the start; days_planned: of the plan, None unplanned.
        units: per variant.
    """

    key: str
    as_of: datetime
    salt_version: int
    variants: tuple[str, ...]
    phases: tuple[PhaseView, ...]
    readable: bool
    unreadable_because: tuple[str, ...]
    days_running: float
    days_planned: float | None
    units: Mapping[str, int]
    metrics: tuple[MetricResult, ...]
    series: tuple[SeriesPoint, ...]
    exposures: tuple[ExposureDay, ...]
    health: tuple[HealthCheck, ...]
    dimensions: tuple[DimensionResult, ...]
    interleaving: InterleavingResult | None
    allocation: tuple[AllocationPoint, ...]
    recommendation: Recommendation
    freshness: RollupFreshness
    plan_words: str
    extra: Mapping[str, Json]
