"""What a surface (search, recommendations) tells experiments: its payloads, and how they ship.

An upper app registers itself in `AppConfig.ready()`; experiments never imports it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from apps.experiments.contracts.assignment import Json


@dataclass(frozen=True, slots=True)
class PayloadProblem:
    """Why a payload cannot be used: dotted path and one sentence."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class PayloadField:
    """One field of the form in which a merchandiser picks a payload.

    Attributes:
        name: of the form field.
        label: for people.
        kind: `choice`, `number`, `boolean` or `text`.
        choices: (value, label), for `choice`.
        help: one sentence.
    """

    name: str
    label: str
    kind: str
    choices: tuple[tuple[str, str], ...] = ()
    help: str = ""


@dataclass(frozen=True, slots=True)
class Shipment:
    """What is shipped, by whom it was made and approved, and who ships it (user ids)."""

    experiment: str
    variant: str
    payload: Json
    maker_id: int | None
    checker_id: int | None
    actor_id: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class ShipReceipt:
    """What came of it: one sentence, and what was published, as JSON for the record."""

    message: str
    record: Mapping[str, Json]


class ShipRefused(ValueError):
    """The surface cannot make this payload permanent; the message says why."""


class Surface(Protocol):
    """What every surface offers. Only the fields of the payload that are its own are read."""

    name: str
    title: str

    def payload_check(self, payload: Json) -> tuple[PayloadProblem, ...]:
        """What is wrong with a payload; empty when it can be used."""
        ...

    def payload_words(self, payload: Json) -> str:
        """The payload in one plain sentence."""
        ...

    def payload_fields(self) -> tuple[PayloadField, ...]:
        """The form, its choices as they are now (published weight sets and the like)."""
        ...

    def payload_from_form(self, values: Mapping[str, str]) -> Json:
        """The payload that the filled form means; None when it changes nothing."""
        ...

    def payload_to_form(self, payload: Json) -> Mapping[str, str]:
        """The form filled from a payload."""
        ...

    def ship(self, shipment: Shipment) -> ShipReceipt:
        """Make the payload permanent.

        Raises:
            ShipRefused: it cannot be made permanent.
        """
        ...


_surfaces: dict[str, Surface] = {}


def surface_register(surface: Surface) -> None:
    """Make a surface known; called in `AppConfig.ready()`."""
    _surfaces[surface.name] = surface


def surface_unregister(name: str) -> None:
    """Forget a surface (tests)."""
    _surfaces.pop(name, None)


def surfaces() -> tuple[Surface, ...]:
    """Every surface, by name."""
    return tuple(_surfaces[name] for name in sorted(_surfaces))


def surface_named(name: str) -> Surface | None:
    """The surface of this name; None for `any` and for unknown ones."""
    return _surfaces.get(name)
