"""What an analysis is computed from, and what a plan answers; both frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from apps.experiments.contracts.assignment import Status
from apps.experiments.contracts.design import AnalysisPlan, ExperimentDesign, UnitType
from apps.experiments.contracts.lifecycle import PhaseView
from apps.experiments.contracts.metrics import MetricVersionView
from apps.experiments.contracts.results import Origin
from apps.experiments.contracts.rollups import (
    AgeDay,
    ExposureDay,
    InterleavingDay,
    QuantileRollup,
    RollupFreshness,
    RollupKey,
    RollupSums,
)
from apps.experiments.contracts.statistics import CannotCompute


@dataclass(frozen=True, slots=True)
class AnalysisContext:
    """Everything that one analysis reads, loaded once.

    Attributes:
        key: of the experiment.
        as_of: windows end here; roll-ups of later days are not in the context.
        status: where the experiment stands.
        design: the one in force; metrics stand in it in the order of the table.
        phases: oldest first, those that began by `as_of`.
        metrics: the frozen versions of the design's metrics; missing ones cannot be computed.
        rollups: cumulative rows; the primary metric by day, others at least at their last day.
        exposures: units first exposed by day, all units (`dimension` empty) and by dimension.
        ages: the primary metric by days since first exposure.
        quantiles: by metric key: units' values of the analysed salt version, or of `phase` alone.
        interleaving: credit by day.
        freshness: of the roll-up.
        started_at, ended_at: of the run.
        chances_best: phase number → variant → probability of being best (bandits).
        salt_version: the allocation to analyse; None is the latest.
        phase: only units of this phase; None is all of the salt version.
        currencies: currency → sampled events behind the money metrics.
    """

    key: str
    as_of: datetime
    status: Status
    design: ExperimentDesign
    phases: tuple[PhaseView, ...]
    metrics: tuple[MetricVersionView, ...]
    rollups: Mapping[RollupKey, RollupSums]
    exposures: tuple[ExposureDay, ...]
    freshness: RollupFreshness
    ages: tuple[AgeDay, ...] = ()
    quantiles: Mapping[str, QuantileRollup] = field(default_factory=dict)
    interleaving: tuple[InterleavingDay, ...] = ()
    started_at: datetime | None = None
    ended_at: datetime | None = None
    chances_best: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    salt_version: int | None = None
    phase: int | None = None
    currencies: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlanQuestion:
    """A plan to be calculated from past traffic.

    Attributes:
        metric: the version whose past is the baseline.
        unit: what is randomised.
        weights: shares of the units, control first, all above 0.
        coverage: share of the shop's units that would be enrolled, in (0, 1].
        plan: method, level, horizon, power and smallest effect worth finding.
        baseline: sums over the shop's own units of the past `baseline_days` days.
        baseline_days: days behind the baseline.
        units_per_day: new units a day at full coverage.
        days: runtime to judge; None judges the runtime that the power needs.
    """

    metric: MetricVersionView
    unit: UnitType
    weights: tuple[float, ...]
    coverage: float
    plan: AnalysisPlan
    baseline: RollupSums
    baseline_days: float
    units_per_day: float
    days: float | None = None


@dataclass(frozen=True, slots=True)
class PlanPoint:
    """What so many days would find: total units, smallest relative effect, power for the mde."""

    days: float
    units: float
    mde: float | None
    power: float | None


@dataclass(frozen=True, slots=True)
class PlanAnswer:
    """Sample size, runtime, smallest effect and power from the shop's own traffic.

    Attributes:
        metric, metric_version, unit: what was planned.
        mean, variance: of one unit in the past (a ratio's by the delta method).
        baseline_units, baseline_days: how much past stands behind them.
        units_per_day: enrolled units a day at the asked coverage.
        mde: the relative effect planned for.
        units_needed: over all variants; units_per_variant: in the order of the weights.
        days_needed: at this traffic; None without traffic.
        days, units, power, power_at_look, detectable: at the asked runtime (else at the needed
            one, whole weeks up): power for `mde`, smallest effect found with the wanted power.
        points: a curve for the page, by weeks.
        words: one or two sentences.
        origin: formula, method, level and inputs.
        state: why it cannot be computed; numbers are None then.
    """

    metric: str
    metric_version: int
    unit: UnitType
    mean: float | None
    variance: float | None
    baseline_units: int
    baseline_days: float
    units_per_day: float
    mde: float
    units_needed: float | None
    units_per_variant: tuple[float, ...]
    days_needed: float | None
    days: float | None
    units: float | None
    power: float | None
    power_at_look: float | None
    detectable: float | None
    points: tuple[PlanPoint, ...]
    words: str
    origin: Origin
    state: CannotCompute | None = None
