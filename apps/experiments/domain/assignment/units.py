"""Unit ids out of attributes, and the hashes of one request, each computed once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.experiments.contracts.assignment import Json
from apps.experiments.domain.assignment.hashing import (
    MASK,
    PRIME,
    RESOLUTION,
    code_units,
    fnv1a_32,
)
from apps.experiments.domain.assignment.javascript import number_text

_NOT_FINITE = frozenset({"NaN", "Infinity", "-Infinity"})


@dataclass(frozen=True, slots=True)
class Seed:
    """A seed prepared for one hash version: hashed ahead (2), its code units (1)."""

    text: str
    version: int
    state: int
    codes: Sequence[int]


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit's id, its code units and their version-1 hash before any seed."""

    text: str
    codes: Sequence[int]


def seed_prepare(text: str, version: int) -> Seed:
    """Prepare a seed of hash version 1 or 2."""
    codes = code_units(text)
    return Seed(text, version, fnv1a_32(codes), codes)


def unit_text(value: Json) -> str | None:
    """What may identify a unit: a text that is not empty, a finite number that is not 0."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool) or not isinstance(value, int | float) or value == 0:
        return None
    written = number_text(value)
    return None if written in _NOT_FINITE else written


def slot_of(seed: Seed, unit: Unit) -> int:
    """The integer bucket of a unit under a prepared seed (see `hashing.slot`)."""
    if seed.version == 1:
        return fnv1a_32(seed.codes, fnv1a_32(unit.codes)) % RESOLUTION[1]
    state = seed.state
    for code in unit.codes:
        state = (state ^ code) * PRIME & MASK
    return fnv1a_32(b"%d" % state) % RESOLUTION[2]


class Units:
    """The units of one request by attribute, with the slots that were asked for."""

    __slots__ = ("_attributes", "_slots", "_units")

    def __init__(self, attributes: Mapping[str, Json]) -> None:
        """Start from the attributes of one request."""
        self._attributes = attributes
        self._units: dict[str, Unit | None] = {}
        self._slots: dict[tuple[int, str], int] = {}

    def unit(self, attribute: str) -> Unit | None:
        """The unit that an attribute identifies, None when it identifies none."""
        units = self._units
        if attribute in units:
            return units[attribute]
        text = unit_text(self._attributes.get(attribute))
        found = units[attribute] = None if text is None else Unit(text, code_units(text))
        return found

    def shared_slot(self, seed: Seed, attribute: str, unit: Unit) -> int:
        """The slot under a seed that several experiments share (a layer's, a holdout's)."""
        key = (id(seed), attribute)
        found = self._slots.get(key)
        if found is None:
            found = self._slots[key] = slot_of(seed, unit)
        return found
