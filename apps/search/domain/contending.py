"""Several experiments in one request: which of them act, and what search does for it.

An experiment owns the knobs that any of its variants turns, in every arm, its control too, and
whichever variant the others show. So whether another one acts does not depend on the arm that a
unit is in: giving way costs units, never the balance between the arms. It acts whole or not at
all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.experiments.domain.serving.settling import (
    Settlement,
    turning_precedence,
    turning_settle,
)
from apps.merchandising.contracts_rules import RuleSwitches
from apps.ranking_weights.contracts import WeightsChoice
from apps.search.domain.overrides import Knob, SearchOverrides, SearchSettings

ALL_RULES = RuleSwitches()


@dataclass(frozen=True, slots=True, eq=False)
class Contender:
    """An experiment that this request is in and that turns something.

    Compared by identity: it is read once and serves every request.

    Attributes:
        key: of the experiment.
        variants: their keys, control first.
        index: of the variant that is shown; unused while it interleaves.
        forced: QA asked for it; it is counted nowhere.
        interleaves: whether both variants are shown, drafted into one list.
        started_at: of its first phase; None before.
        overrides: of every variant, in their order.
        knobs: what any of them turns.
    """

    key: str
    variants: tuple[str, ...]
    index: int
    forced: bool
    interleaves: bool
    started_at: datetime | None
    overrides: tuple[SearchOverrides, ...]
    knobs: frozenset[Knob]


@dataclass(frozen=True, slots=True)
class Arm:
    """One way to search and rank a request.

    Attributes:
        settings: how search works.
        weights: what an experiment asks to score by; None leaves the published weights.
        chosen_by: key of that experiment and of its variant.
        switches: which rules act.
    """

    settings: SearchSettings
    weights: WeightsChoice | None = None
    chosen_by: tuple[str, str] = ("", "")
    switches: RuleSwitches = ALL_RULES


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """What search does for one request.

    Attributes:
        arm: the way to search; of an interleaving experiment its control's.
        other: the treatment's way of an interleaving experiment.
        interleaving: that experiment.
        seed: of its draft.
    """

    arm: Arm
    other: Arm | None = None
    interleaving: Contender | None = None
    seed: int = 0


Settled = Settlement[Contender]


def contenders_settle(contenders: Iterable[Contender]) -> Settled:
    """What QA asked for first, then what started first, then by key; each knob once."""
    return turning_settle(contenders)


@dataclass(frozen=True, slots=True)
class Casting:
    """Who acts among those that a request is in, by their places there.

    Attributes:
        acting: places, in order of precedence.
        winners: for each the key of the one that it gives way to; empty for none.
    """

    acting: tuple[int, ...]
    winners: tuple[str, ...]


def casting_of(contenders: Sequence[Contender | None]) -> Casting:
    """The same as `contenders_settle`, by place; None turns nothing of search."""
    settled = contenders_settle(each for each in contenders if each is not None)
    places = {each: place for place, each in enumerate(contenders) if each is not None}
    return Casting(
        tuple(places[each] for each in settled.acting),
        tuple("" if each is None else settled.yielding.get(each.key, "") for each in contenders),
    )


def plan_make(acting: Iterable[Contender], settings: SearchSettings, seed: int = 0) -> SearchPlan:
    """The published settings with what each acting experiment changes."""
    arm, interleaving = Arm(settings), None
    for contender in acting:
        if contender.interleaves:
            interleaving = contender
        else:
            arm = _changed(arm, contender, contender.index)
    if interleaving is None:
        return SearchPlan(arm)
    control, treatment = (_changed(arm, interleaving, index) for index in (0, 1))
    return SearchPlan(control, treatment, interleaving, seed)


def standing_of(contender: Contender) -> tuple[object, ...]:
    """All that decides whether it acts beside others: the same for every variant of it."""
    return (*turning_precedence(contender), contender.knobs)


def _changed(arm: Arm, contender: Contender, index: int) -> Arm:
    overrides = contender.overrides[index]
    settings = overrides.over(arm.settings)
    switches = overrides.rules or arm.switches
    if overrides.weights is None:
        return Arm(settings, arm.weights, arm.chosen_by, switches)
    chosen_by = (contender.key, contender.variants[index])
    return Arm(settings, overrides.weights, chosen_by, switches)
