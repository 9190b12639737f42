"""What a bandit learns from, and the allocation that it asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from apps.experiments.contracts.statistics import CannotCompute, SummableSums


class UpdateOutcome(StrEnum):
    """What an update came to."""

    MOVE = "move"
    STAY = "stay"
    BURN_IN = "burn_in"
    CANNOT_COMPUTE = "cannot_compute"


@dataclass(frozen=True, slots=True)
class PeriodArms:
    """One period of constant allocation: the sums of every arm, control first."""

    arms: tuple[SummableSums, ...]


@dataclass(frozen=True, slots=True)
class ArmEstimate:
    """One variant over all periods, each period weighing the same for every variant.

    Attributes:
        n: units of the periods that count.
        effective_n: units that a single period would need for the same precision (Kish).
        value: the period-stratified mean, rate or ratio.
        standard_error: of the value.
        chance_best: posterior chance that no other variant is better.
    """

    variant: str
    n: int
    effective_n: float
    value: float
    standard_error: float
    chance_best: float


@dataclass(frozen=True, slots=True)
class BanditUpdate:
    """The allocation that the evidence asks for.

    Attributes:
        outcome: move to `weights`; stay, since they hardly differ from those in force; burn in;
            or cannot compute (`state`).
        weights: in the order of the variants, ten-thousandths that sum to 1.
        chances_best: by variant; empty when nothing was computed.
        arms: what it was computed from.
        units: by variant, all periods.
        periods, left_out: periods used, and those in which a variant had too few units.
    """

    outcome: UpdateOutcome
    weights: tuple[float, ...]
    chances_best: Mapping[str, float]
    arms: tuple[ArmEstimate, ...]
    units: Mapping[str, int]
    periods: int
    left_out: int
    state: CannotCompute | None = None
