"""An experiment as it is designed: what a person writes, a second one approves, a phase runs.

A design is stored as one JSON document in an immutable version; `domain.design` reads it into
these values and writes it back. Nothing here is ever edited: a change is another version.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.statistics import Spending

ANY_SURFACE = "any"
RESERVED_KEYS = frozenset({"plan", "conversions", "flags"})
MOST_KEY_CHARACTERS = 100


class DesignInvalid(ValueError):
    """A design that cannot be stored: `field` is a dotted path into the document."""

    def __init__(self, path: str, message: str) -> None:
        """Keep the path beside the message."""
        super().__init__(message)
        self.field = path
        self.message = message


class ExperimentKind(StrEnum):
    """What the experiment is for: to learn, to earn, or to compare two rankings quickly."""

    AB = "ab"
    BANDIT = "bandit"
    INTERLEAVING = "interleaving"


class UnitType(StrEnum):
    """What is randomised, and so what is counted."""

    USER = "user"
    CLIENT = "client"
    SESSION = "session"
    REQUEST = "request"

    @property
    def attribute(self) -> str:
        """The attribute that is hashed: `user_id`, `client_id`, `session_id`, `query_id`."""
        return _UNIT_ATTRIBUTES[self]


_UNIT_ATTRIBUTES: Mapping[str, str] = {
    "user": "user_id",
    "client": "client_id",
    "session": "session_id",
    "request": "query_id",
}


class MetricRole(StrEnum):
    """What a metric is to one experiment."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    GUARDRAIL = "guardrail"


class Method(StrEnum):
    """How evidence is weighed."""

    FREQUENTIST = "frequentist"
    BAYESIAN = "bayesian"


class Horizon(StrEnum):
    """When evidence may be read."""

    FIXED = "fixed"
    CONFIDENCE_SEQUENCE = "confidence_sequence"
    GROUP_SEQUENTIAL = "group_sequential"


class Correction(StrEnum):
    """How many comparisons at once are paid for."""

    NONE = "none"
    HOLM = "holm"
    BENJAMINI_HOCHBERG = "benjamini_hochberg"


class Stickiness(StrEnum):
    """Where a unit's first assignment is kept: nowhere, in Redis, in a token it sends back."""

    NONE = "none"
    STORED = "stored"
    TOKEN = "token"  # noqa: S105 - the name of a choice, not a secret


@dataclass(frozen=True, slots=True)
class VariantDesign:
    """One arm; the first one of a design is the control.

    Attributes:
        key: stable, what exposures say.
        name: for people.
        weight: share of the enrolled units, in [0, 1]; all weights sum to 1.
        payload: what the surface reads; None leaves the shop as it is.
        description: what a shopper sees in this arm.
    """

    key: str
    name: str
    weight: float
    payload: Json = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class MetricUse:
    """A metric in an experiment.

    Attributes:
        key: of the metric.
        role: what it is to this experiment.
        version: number of the metric's version; 0 before the start, frozen when it starts.
        margin: guardrails only: how much worse, relative to control, is still tolerated.
    """

    key: str
    role: MetricRole
    version: int = 0
    margin: float = 0.02


@dataclass(frozen=True, slots=True)
class LayerUse:
    """The part of a layer (mutual exclusion) that an experiment claims: `[low, high)`."""

    name: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class RampStep:
    """Coverage that a running experiment reaches so many hours after its start."""

    coverage: float
    after_hours: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """When it starts and ends by itself, and how coverage grows on the way.

    Attributes:
        starts_at: an approved experiment starts then; None waits for a person.
        ends_at: it completes then; None waits for a person.
        ramp: ascending in hours and in coverage; empty keeps the design's coverage.
    """

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    ramp: tuple[RampStep, ...] = ()


@dataclass(frozen=True, slots=True)
class AnalysisPlan:
    """How the evidence will be read; fixed before the start.

    Attributes:
        method: frequentist or Bayesian.
        alpha: level of the tests; intervals are of 1 - alpha.
        horizon: read once, at any time (confidence sequence), or at planned looks.
        power: wanted power for `mde`.
        mde: smallest relative effect on the primary metric worth finding.
        minimum_runtime_days: not to be read before; whole weeks are wise.
        minimum_units: per variant; not to be read before.
        cuped_days: days before first exposure whose totals are the covariate; 0 is off.
        covariates: keys of further metrics of the experiment whose totals of those days are
            covariates too.
        correction: over secondary metrics and variants.
        spending: alpha spending of a group sequential design.
        spending_rho: exponent of the power family.
        looks: planned looks, evenly spaced to `planned_units`.
        planned_units: total at the last look. Planned looks need it before the start (the plan
            calculator says it); of other horizons 0 takes it from power and mde.
        tuning_n: sample size at which the confidence sequence is tightest.
        prior_sd: standard deviation of the normal prior of the relative effect (Bayesian);
            None is flat.
        post_stratify_by: a declared dimension; empty is off.
        srm_threshold: p below which a sample ratio mismatch is an alarm.
    """

    method: Method = Method.FREQUENTIST
    alpha: float = 0.05
    horizon: Horizon = Horizon.FIXED
    power: float = 0.8
    mde: float = 0.05
    minimum_runtime_days: int = 7
    minimum_units: int = 100
    cuped_days: int = 0
    covariates: tuple[str, ...] = ()
    correction: Correction = Correction.HOLM
    spending: Spending = Spending.OBRIEN_FLEMING
    spending_rho: float = 2.0
    looks: int = 5
    planned_units: int = 0
    tuning_n: int = 10_000
    prior_sd: float | None = 0.3
    post_stratify_by: str = ""
    srm_threshold: float = 0.001

    @property
    def has_looks(self) -> bool:
        """Whether it is read at planned looks."""
        grouped = self.horizon is Horizon.GROUP_SEQUENTIAL
        return grouped and self.method is Method.FREQUENTIST


@dataclass(frozen=True, slots=True)
class BanditPlan:
    """How a bandit moves its allocation.

    Attributes:
        metric: key of the metric that is earned; one of the experiment's.
        every_hours: between two updates; each update is a new phase.
        floor: least weight of a variant.
        burn_in_units: units per variant before the first update.
    """

    metric: str
    every_hours: float = 24.0
    floor: float = 0.05
    burn_in_units: int = 100


@dataclass(frozen=True, slots=True)
class ExperimentDesign:
    """Everything a person decides about an experiment.

    Attributes:
        name: a short title.
        hypothesis: what is believed, and why.
        kind: ab, bandit or interleaving (exactly two variants).
        template: which guided form it came from: `weights`, `feature`, `ui` or empty.
        surface: registered surface that reads the payloads, or `any`.
        unit: what is randomised.
        variants: two or more, control first.
        coverage: share of the eligible units that is enrolled, in [0, 1].
        targeting: condition over the request's attributes (the public condition language).
        layer: None stands outside of every layer.
        holdout: whether the global holdout is kept out.
        metrics: exactly one primary; each key once.
        plan: the analysis plan.
        schedule: start, end, ramp.
        stickiness: whether a unit keeps its first variant across phases.
        stratify_by: an attribute; the salt is chosen for balance over it (see docs).
        dimensions: attributes sent with exposures by which results are broken down.
        bandit: for bandits only.
    """

    name: str
    variants: tuple[VariantDesign, ...]
    metrics: tuple[MetricUse, ...]
    hypothesis: str = ""
    kind: ExperimentKind = ExperimentKind.AB
    template: str = ""
    surface: str = ANY_SURFACE
    unit: UnitType = UnitType.CLIENT
    coverage: float = 1.0
    targeting: Mapping[str, Json] = field(default_factory=dict)
    layer: LayerUse | None = None
    holdout: bool = True
    plan: AnalysisPlan = field(default_factory=AnalysisPlan)
    schedule: Schedule = field(default_factory=Schedule)
    stickiness: Stickiness = Stickiness.NONE
    stratify_by: str = ""
    dimensions: tuple[str, ...] = ()
    bandit: BanditPlan | None = None

    @property
    def variant_keys(self) -> tuple[str, ...]:
        """Keys of the variants, control first."""
        return tuple(variant.key for variant in self.variants)

    @property
    def primary(self) -> MetricUse:
        """The one primary metric."""
        return next(use for use in self.metrics if use.role is MetricRole.PRIMARY)
