"""What a variant of an experiment changes about shelves.

A payload's part under `recommendations` may name `placements` (which shelves; left out: all),
`strategies`, `mix`, `diversity` and `rules`; weights stand under `ranking`, what may follow the
shopper under `personalisation`, as they do for searches.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from apps.experiments.contracts.assignment import Json
from apps.merchandising.contracts_rules import RuleSwitches
from apps.ranking.domain.switching import SwitchesInvalid, switches_read, switches_written
from apps.ranking_weights.contracts import WeightsChoice
from apps.ranking_weights.domain.choices import ChoiceInvalid, weights_choice_read
from apps.recommendations.contracts import (
    Mix,
    Placement,
    PlacementName,
    StrategyName,
    StrategyUse,
)
from apps.recommendations.domain.personalising import (
    PersonalisationChange,
    PersonalisationInvalid,
    personalisation_read,
)

PART = "recommendations"
FIELDS = ("placements", "strategies", "mix", "diversity", "rules")


class ShelfOverridesInvalid(ValueError):
    """A payload that no shelf can be made by; `field` is a dotted path."""

    def __init__(self, field: str, message: str) -> None:
        """Keep the path beside the message."""
        super().__init__(message)
        self.field = field
        self.message = message


class ShelfKnob(StrEnum):
    """What an experiment may turn; two that turn the same one get in each other's way."""

    STRATEGIES = "strategies"
    DIVERSITY = "diversity"
    WEIGHTS = "weights"
    PERSONALISATION = "personalisation"
    RULES = "rules"


@dataclass(frozen=True, slots=True)
class ShelfOverrides:
    """What one variant changes; None leaves it as it is.

    Attributes:
        weights: what to score by; it comes before a placement's own weights.
        placements: the shelves that it is about; empty: all.
        strategies: in their order.
        mix: how they come together.
        diversity: λ of maximal marginal relevance.
        rules: which merchandising rules act.
        personalisation: what may follow the shopper.
    """

    weights: WeightsChoice | None = None
    placements: frozenset[PlacementName] = frozenset()
    strategies: tuple[StrategyUse, ...] | None = None
    mix: Mix | None = None
    diversity: float | None = None
    rules: RuleSwitches | None = None
    personalisation: PersonalisationChange | None = None

    @property
    def knobs(self) -> frozenset[ShelfKnob]:
        """What it turns."""
        turned = {
            ShelfKnob.STRATEGIES: self.strategies is not None or self.mix is not None,
            ShelfKnob.DIVERSITY: self.diversity is not None,
            ShelfKnob.WEIGHTS: self.weights is not None,
            ShelfKnob.PERSONALISATION: self.personalisation is not None,
            ShelfKnob.RULES: self.rules is not None,
        }
        return frozenset(knob for knob, is_turned in turned.items() if is_turned)

    def is_about(self, placement: PlacementName) -> bool:
        """Whether it changes anything on this shelf."""
        return not self.placements or placement in self.placements

    def over(self, placement: Placement) -> Placement:
        """The shelf with what it changes."""
        return replace(
            placement,
            strategies=self.strategies or placement.strategies,
            mix=self.mix or placement.mix,
            diversity=placement.diversity if self.diversity is None else self.diversity,
            weights=placement.weights if self.weights is None else None,
        )


NOTHING_CHANGED = ShelfOverrides()


def shelf_overrides_read(payload: Json) -> ShelfOverrides:
    """What a payload changes about shelves; other surfaces' parts of it are not looked at.

    Raises:
        ShelfOverridesInvalid: naming the field.
    """
    try:
        weights = weights_choice_read(payload)
        personalisation = personalisation_read(payload)
    except (ChoiceInvalid, PersonalisationInvalid) as error:
        raise ShelfOverridesInvalid(error.field, error.message) from error
    part = payload.get(PART) if isinstance(payload, dict) else None
    if part is None:
        return ShelfOverrides(weights, personalisation=personalisation)
    if not isinstance(part, dict):
        raise ShelfOverridesInvalid(PART, f"'{PART}' must be an object.")
    for name in part:
        if name not in FIELDS:
            raise ShelfOverridesInvalid(f"{PART}.{name}", f"There is no '{name}'.")
    return ShelfOverrides(
        weights,
        placements=_placements(part.get("placements")),
        strategies=_strategies(part.get("strategies")),
        mix=_mix(part.get("mix")),
        diversity=_share("diversity", part.get("diversity")),
        rules=_rules(part.get("rules")),
        personalisation=personalisation,
    )


def shelf_overrides_written(overrides: ShelfOverrides) -> dict[str, Json]:
    """The part of a payload under `recommendations`; empty when it changes nothing there."""
    strategies = overrides.strategies
    values: dict[str, Json] = {
        "placements": [*sorted(each.value for each in overrides.placements)] or None,
        "strategies": None
        if strategies is None
        else [{"name": use.name.value, "weight": use.weight} for use in strategies],
        "mix": None if overrides.mix is None else overrides.mix.value,
        "diversity": overrides.diversity,
        "rules": None if overrides.rules is None else switches_written(overrides.rules),
    }
    return {name: value for name, value in values.items() if value is not None}


def _placements(value: Json) -> frozenset[PlacementName]:
    return frozenset(
        PlacementName(_name(f"placements.{place}", each, PlacementName))
        for place, each in enumerate(_listed("placements", value), start=1)
    )


def _strategies(value: Json) -> tuple[StrategyUse, ...] | None:
    if value is None:
        return None
    uses = [
        _use(f"strategies.{place}", each)
        for place, each in enumerate(_listed("strategies", value), start=1)
    ]
    if not uses or len({use.name for use in uses}) < len(uses):
        message = "A shelf needs at least one strategy, and each once."
        raise ShelfOverridesInvalid(f"{PART}.strategies", message)
    return tuple(uses)


def _use(path: str, value: Json) -> StrategyUse:
    """A name, or `{"name", "weight"}`."""
    if not isinstance(value, dict):
        return StrategyUse(StrategyName(_name(path, value, StrategyName)))
    if unknown := set(value) - {"name", "weight"}:
        raise ShelfOverridesInvalid(f"{PART}.{path}.{min(unknown)}", "It takes name and weight.")
    name = StrategyName(_name(f"{path}.name", value.get("name"), StrategyName))
    weight = _share(f"{path}.weight", value.get("weight", 1.0))
    if not weight:
        raise ShelfOverridesInvalid(f"{PART}.{path}.weight", "A weight is above 0, up to 1.")
    return StrategyUse(name, weight)


def _listed(name: str, value: Json) -> Sequence[Json]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise ShelfOverridesInvalid(f"{PART}.{name}", "A list has to stand here.")
    return value


def _name(path: str, value: Json, kind: type[StrEnum]) -> str:
    if not isinstance(value, str) or value not in set(kind):
        message = f"One of {', '.join(kind)} has to stand here."
        raise ShelfOverridesInvalid(f"{PART}.{path}", message)
    return value


def _mix(value: Json) -> Mix | None:
    return None if value is None else Mix(_name("mix", value, Mix))


def _share(path: str, value: Json) -> float | None:
    if value is None:
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0.0 <= float(value) <= 1.0:  # type: ignore[arg-type]  # a number, as was just asked
        raise ShelfOverridesInvalid(f"{PART}.{path}", "A number from 0 to 1 has to stand here.")
    return float(value)  # type: ignore[arg-type]  # a number, as was asked above


def _rules(value: Json) -> RuleSwitches | None:
    try:
        return switches_read(value)
    except SwitchesInvalid as error:
        raise ShelfOverridesInvalid(f"{PART}.{error.field}", error.message) from error
