"""Placements: as shipped, and from and to the JSON content of a published version."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from apps.common.domain.storable import is_storable
from apps.events.domain.items import fault_of
from apps.publishing.contracts import JsonValue
from apps.ranking_weights.contracts import WeightsInvalid, weights_validate
from apps.recommendations.contracts import (
    Constraints,
    Mix,
    Placement,
    PlacementName,
    StrategyName,
    StrategyUse,
)

MOST_SHOWN = 100
CONTENT_FIELDS = ("title", "strategies", "mix", "constraints", "diversity", "weights", "k")

_Share = Annotated[float, Meta(ge=0.0, le=1.0)]
_Count = Annotated[int, Meta(ge=0, le=1000)]
_Times = Annotated[float, Meta(ge=0.0, le=1000.0)]
ReadT = TypeVar("ReadT")


def _uses(*names: StrategyName) -> tuple[StrategyUse, ...]:
    return tuple(StrategyUse(name) for name in names)


# Each ends in what needs no history and no events, so that no shelf is ever empty. What shoppers
# bought lately stays on the shelves of a shop where people buy again; an e-mail is read after
# the purchase, so there it goes.
_SHIPPED = (
    Placement(
        PlacementName.HOME,
        "Recommended for you",
        _uses(
            StrategyName.FOR_YOU, StrategyName.SESSION, StrategyName.TRENDING, StrategyName.POPULAR
        ),
        diversity=0.9,
    ),
    Placement(
        PlacementName.PRODUCT,
        "Goes well with this",
        _uses(
            StrategyName.BOUGHT_TOGETHER,
            StrategyName.SIMILAR,
            StrategyName.TRENDING,
            StrategyName.POPULAR,
        ),
        diversity=0.8,
    ),
    Placement(
        PlacementName.CART,
        "Goes well with your cart",
        _uses(
            StrategyName.BOUGHT_TOGETHER,
            StrategyName.FOR_YOU,
            StrategyName.SIMILAR,
            StrategyName.POPULAR,
        ),
        diversity=0.9,
        k=8,
    ),
    Placement(
        PlacementName.CATEGORY,
        "Popular here",
        _uses(
            StrategyName.FOR_YOU,
            StrategyName.TRENDING,
            StrategyName.POPULAR,
            StrategyName.NEW_ARRIVALS,
        ),
        diversity=0.9,
    ),
    Placement(
        PlacementName.EMAIL,
        "Picked for you",
        _uses(
            StrategyName.FOR_YOU,
            StrategyName.NEW_ARRIVALS,
            StrategyName.TRENDING,
            StrategyName.POPULAR,
        ),
        constraints=Constraints(not_bought_days=90),
        diversity=0.8,
        k=6,
    ),
)
DEFAULT_PLACEMENTS: Mapping[PlacementName, Placement] = {each.name: each for each in _SHIPPED}


class PlacementInvalid(ValueError):
    """Content that no placement may have.

    Attributes:
        field: a dotted path, such as `strategies.2.weight` or `constraints.price_to`.
        message: one sentence.
    """

    def __init__(self, field: str, message: str) -> None:
        """Keep the path beside the message."""
        super().__init__(message)
        self.field = field
        self.message = message


class _Use(Struct, frozen=True, forbid_unknown_fields=True):
    name: StrategyName
    weight: Annotated[float, Meta(gt=0.0, le=1.0)] = 1.0


class _Constraints(Struct, frozen=True, forbid_unknown_fields=True):
    in_stock: bool = True
    not_bought_days: Annotated[int, Meta(ge=0, le=3650)] = 0
    not_in_session: bool = True
    most_per_brand: _Count = 0
    most_per_category: _Count = 0
    price_from: _Times = 0.0
    price_to: _Times = 0.0


class _Content(Struct, frozen=True, forbid_unknown_fields=True):
    title: Annotated[str, Meta(min_length=1, max_length=120)]
    strategies: list[object]
    mix: Mix = Mix.FIRST
    constraints: object = None
    diversity: _Share = 1.0
    weights: object = None
    k: Annotated[int, Meta(ge=1, le=MOST_SHOWN)] = 12


def placement_read(name: PlacementName, number: int, content: Mapping[str, object]) -> Placement:
    """A placement from `{"title", "strategies", "mix", …}`; what is left out is as by default.

    Raises:
        PlacementInvalid: naming the field; items of lists are numbered from 1.
    """
    given = _converted("", content, _Content)
    return Placement(
        name=name,
        title=_title(given.title),
        strategies=_strategies(given.strategies),
        mix=given.mix,
        constraints=_constraints(given.constraints),
        diversity=given.diversity,
        weights=_weights(given.weights),
        k=given.k,
        number=number,
    )


def placement_content(placement: Placement) -> dict[str, JsonValue]:
    """The JSON content that `placement_read` reads back as the same placement."""
    weights = placement.weights
    return {
        "title": placement.title,
        "strategies": [
            {"name": use.name.value, "weight": use.weight} for use in placement.strategies
        ],
        "mix": placement.mix.value,
        "constraints": asdict(placement.constraints),
        "diversity": placement.diversity,
        "weights": None if weights is None else dict(weights),
        "k": placement.k,
    }


def _title(given: str) -> str:
    if not given.strip():
        raise PlacementInvalid("title", "Say what shoppers read above the shelf.")
    if not is_storable(given):
        message = "A title holds no NUL character and no half of a surrogate pair."
        raise PlacementInvalid("title", message)
    return given.strip()


def _strategies(given: Sequence[object]) -> tuple[StrategyUse, ...]:
    if not given:
        raise PlacementInvalid("strategies", "A shelf needs at least one strategy.")
    found: dict[StrategyName, StrategyUse] = {}
    for place, each in enumerate(given, start=1):
        path = f"strategies.{place}"
        use = _converted(path, each, _Use)
        if use.name in found:
            raise PlacementInvalid(f"{path}.name", f"'{use.name}' is in the list already.")
        found[use.name] = StrategyUse(use.name, use.weight)
    return tuple(found.values())


def _constraints(given: object) -> Constraints:
    read = _converted("constraints", {} if given is None else given, _Constraints)
    if 0.0 < read.price_to < read.price_from:
        raise PlacementInvalid("constraints.price_to", "The band ends below where it begins.")
    return Constraints(**msgspec.structs.asdict(read))


def _weights(given: object) -> Mapping[str, float] | None:
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise PlacementInvalid("weights", "Weights are an object of feature and number.")
    try:
        return weights_validate(given)
    except WeightsInvalid as error:
        field = "weights" if error.field == "weights" else f"weights.{error.field}"
        raise PlacementInvalid(field, str(error)) from error


def _converted(path: str, given: object, kind: type[ReadT]) -> ReadT:
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        fault = fault_of(error)
        inner = "" if fault.field == "item" else fault.field
        raise PlacementInvalid(".".join(filter(None, (path, inner))), fault.message) from error
