"""Daily roll-ups: sufficient statistics of units' totals up to a day, per phase and variant.

A row is cumulative: it is read, never summed across days. Units belong to the phase of their
first exposure within a salt version. Units seen in two variants, forced units and units of the
holdout are in no row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class RollupKey:
    """What one row is about.

    Attributes:
        phase: number.
        variant: key.
        metric: key.
        dimension, value: a declared dimension and one of its values; both empty for all units.
        day: UTC; totals up to and including it.
    """

    phase: int
    variant: str
    metric: str
    dimension: str
    value: str
    day: date


@dataclass(frozen=True, slots=True)
class RollupSums:
    """Sums over n units of totals m (numerator), d (denominator; 0 without one), covariates.

    Attributes:
        n: units exposed up to the day (retention: old enough; missing_is_zero off: with a row).
        rows: fact rows behind m.
        m, mm, d, dd, md: Σm, Σm², Σd, Σd², Σmd.
        x: Σx of each covariate (p); the metric's own first: its numerator before exposure.
        xx: Σ xᵢxⱼ row by row (p·p).
        mx: Σ m·xᵢ (p); dx: Σ d·xᵢ (p).
        z, zz, xz, mz, dz: ratios only: the denominator before exposure, with x the own
            numerator before exposure: Σz, Σz², Σxz, Σmz, Σdz.
        steps: funnels only: units that reached each step.
        cap: the percentile cap that was applied, None without one.
    """

    n: int
    rows: int
    m: float
    mm: float
    d: float = 0.0
    dd: float = 0.0
    md: float = 0.0
    x: tuple[float, ...] = ()
    xx: tuple[float, ...] = ()
    mx: tuple[float, ...] = ()
    dx: tuple[float, ...] = ()
    z: float = 0.0
    zz: float = 0.0
    xz: float = 0.0
    mz: float = 0.0
    dz: float = 0.0
    steps: tuple[int, ...] = ()
    cap: float | None = None


@dataclass(frozen=True, slots=True)
class ExposureDay:
    """Units first exposed on a day, and exposures logged on it, by phase, variant, dimension."""

    phase: int
    variant: str
    dimension: str
    value: str
    day: date
    units: int
    exposures: int


@dataclass(frozen=True, slots=True)
class AgeDay:
    """For novelty: a primary metric's unit-day totals on the k-th day since first exposure.

    n units that have lived that day, Σ and Σ² of what they did on it.
    """

    phase: int
    variant: str
    metric: str
    age: int
    n: int
    m: float
    mm: float
    d: float = 0.0
    dd: float = 0.0
    md: float = 0.0


@dataclass(frozen=True, slots=True)
class QuantileRollup:
    """A quantile metric's units as the analysis reads them: values by variant, sorted.

    Read from unit totals, at most `limit` units a variant sampled by hash when more.
    """

    metric: str
    values: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class InterleavingDay:
    """Team-draft credit up to a day, within one phase.

    Attributes:
        day: UTC; up to and including it.
        units: units with at least one credited click.
        wins: units by preferred variant key; ties: units that split evenly.
        credits: clicks by team; impressions: interleaved answers shown.
    """

    phase: int
    day: date
    units: int
    wins: Mapping[str, int]
    ties: int
    credits: Mapping[str, int]
    impressions: int


@dataclass(frozen=True, slots=True)
class RollupFreshness:
    """How current the roll-up of an experiment is.

    Attributes:
        as_of: windows end here; None before the first run.
        ran_at: when it last finished.
        last_exposure_at, last_event_at: newest rows seen.
        multiple: units seen in two variants, left out; units: all units.
        merged: units that joined another through a login.
        mismatched: exposures whose variant is not what the rule answers.
        unknown: exposures of a phase or variant that does not exist.
    """

    as_of: datetime | None
    ran_at: datetime | None
    last_exposure_at: datetime | None
    last_event_at: datetime | None
    units: int
    multiple: int
    merged: int
    mismatched: int
    unknown: int


@dataclass(frozen=True, slots=True)
class RollupReport:
    """What one run of the roll-up did.

    Attributes:
        key: of the experiment.
        as_of: windows ended here.
        full: everything was computed again, not only what changed.
        changed: units computed again.
        units: all units, those left out included.
        rows: day rows written.
        seconds: it took.
    """

    key: str
    as_of: datetime
    full: bool
    changed: int
    units: int
    rows: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Baseline:
    """A metric over the shop's own traffic, as if everyone had been exposed at first sight.

    Attributes:
        sums: over every unit seen in the days.
        days: length of the window.
        units_per_day: new units a day, on average.
    """

    sums: RollupSums
    days: float
    units_per_day: float
