"""Unit ids out of attributes, and the hashes of one request, each computed once.

Version 2 hashes `seed + unit`, so every experiment of a unit folds the same code units into a
state of its own. `Lanes` holds these states side by side in one integer, 80 bits each, and folds
a code unit into all of them with three operations. 80 bits are the ten digits of a state: the
second hash is folded the same way.
"""

import struct
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from apps.experiments.contracts.assignment import Json
from apps.experiments.domain.assignment.bulk import decimals_fold
from apps.experiments.domain.assignment.hashing import (
    MASK,
    OFFSET_BASIS,
    PRIME,
    RESOLUTION,
    code_units,
    fnv1a_32,
)
from apps.experiments.domain.assignment.javascript import number_text

_NOT_FINITE = frozenset({"NaN", "Infinity", "-Infinity"})
_ASCII = 128
_DIGITS = 10  # of the largest state; as many bytes has a lane: a state times the prime needs 8
_LANE_BITS = 8 * _DIGITS
_BYTE = 0xFF
_LOW_DIGITS = 100_000
# FNV-1a of every number that a 32-bit state has above its last five digits.
_HIGH_STATES: "array[int]" = array(
    "I", decimals_fold(np.arange(2**32 // _LOW_DIGITS + 1, dtype=np.uint32)).tolist()
)


@dataclass(frozen=True, slots=True, eq=False)
class Seed:
    """A prepared seed of one attribute: its lane (version 2) or its code units (version 1).

    Compared by identity: a book makes each seed once.
    """

    attribute: str
    text: str
    version: int
    lane: int
    codes: Sequence[int]


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit's id and its code units."""

    text: str
    codes: Sequence[int]


class Lanes:
    """The version-2 seeds of one attribute, folded together."""

    __slots__ = (
        "_basis", "_bytes", "_keep", "_ones", "_packed", "_size", "_spread", "_start", "_written",
    )  # fmt: skip

    def __init__(self, seeds: Sequence[str]) -> None:
        """Hash every seed ahead."""
        count = len(seeds)
        shifts = [lane * _LANE_BITS for lane in range(count)]
        self._size = count * _DIGITS
        self._packed = struct.Struct("<" + "Q2x" * count)
        self._written = b"%-10d" * count
        self._ones = sum(1 << shift for shift in shifts)
        self._keep = self._ones * MASK
        self._bytes = self._ones * _BYTE
        self._basis = self._ones * OFFSET_BASIS
        states = [fnv1a_32(code_units(seed)) for seed in seeds]
        self._start = sum(state << shift for state, shift in zip(states, shifts, strict=True))
        self._spread = tuple(self._ones * code for code in range(_ASCII))

    def fold(self, codes: Sequence[int]) -> tuple[int, ...]:
        """The state of every seed followed by these code units."""
        states, keep = self._start, self._keep
        if isinstance(codes, bytes):
            spread = self._spread
            for code in codes:
                states = (states ^ spread[code]) * PRIME & keep
        else:
            for code in codes:
                states = (states ^ self._ones * code) * PRIME & keep
        return self._packed.unpack(states.to_bytes(self._size, "little"))

    def second(self, codes: Sequence[int]) -> tuple[int, ...]:
        """The second hash of version 2 under every seed: that of the first one's digits.

        A lane of the written states holds its number from the left, blanks behind. As many
        digits as the smallest has are folded into all; after that a lane whose number has ended
        keeps its state.
        """
        found = self.fold(codes)
        digits = int.from_bytes(self._written % found, "little")
        states, keep, low = self._basis, self._keep, self._bytes
        shared = len(str(min(found)))
        for _place in range(shared):
            states = (states ^ digits & low) * PRIME & keep
            digits >>= 8
        for _place in range(shared, _DIGITS):
            # Bit 4 tells a digit from a blank.
            going = (digits >> 4 & self._ones) * MASK
            if not going:
                break
            folded = (states ^ digits & low) * PRIME
            states ^= (folded ^ states) & going
            digits >>= 8
        return self._packed.unpack(states.to_bytes(self._size, "little"))


LanesByAttribute: TypeAlias = Mapping[str, Lanes]


class SeedBook:
    """Collects the seeds of a plan: equal ones are one, and share their lane."""

    def __init__(self) -> None:
        """Start empty."""
        self._seeds: dict[tuple[str, str, int], Seed] = {}
        self._texts: dict[str, list[str]] = {}

    def seed(self, attribute: str, text: str, version: int) -> Seed:
        """The seed of hash version 1 or 2 under which an attribute's units are hashed."""
        key = (attribute, text, version)
        found = self._seeds.get(key)
        if found is None:
            texts = self._texts.setdefault(attribute, []) if version > 1 else []
            found = Seed(attribute, text, version, len(texts), code_units(text))
            texts.append(text)
            self._seeds[key] = found
        return found

    def lanes(self) -> LanesByAttribute:
        """The version-2 seeds by attribute, ready to fold."""
        return {attribute: Lanes(texts) for attribute, texts in self._texts.items()}


def unit_text(value: Json) -> str | None:
    """What may identify a unit: a text that is not empty, a finite number that is not 0."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool) or not isinstance(value, int | float) or value == 0:
        return None
    written = number_text(value)
    return None if written in _NOT_FINITE else written


def second_slot(state: int) -> int:
    """The integer bucket of version 2 from the first hash: that of its decimal digits."""
    high, low = divmod(state, _LOW_DIGITS)
    if not high:
        return fnv1a_32(b"%d" % low) % RESOLUTION[2]
    state = _HIGH_STATES[high]
    for code in b"%05d" % low:
        state = (state ^ code) * PRIME & MASK
    return state % 10_000


class Units:
    """The units of one request by attribute, with what was hashed of them."""

    __slots__ = ("_attributes", "_lanes", "_slots", "_states", "_units")

    def __init__(self, attributes: Mapping[str, Json], lanes: LanesByAttribute) -> None:
        """Start from the attributes of one request."""
        self._attributes = attributes
        self._lanes = lanes
        self._units: dict[str, Unit | None] = {}
        self._states: dict[str, Sequence[int]] = {}
        self._slots: dict[Seed, int] = {}

    def unit(self, attribute: str) -> Unit | None:
        """The unit that an attribute identifies, None when it identifies none."""
        units = self._units
        if attribute in units:
            return units[attribute]
        text = unit_text(self._attributes.get(attribute))
        found = units[attribute] = None if text is None else Unit(text, code_units(text))
        return found

    def shared_slot(self, seed: Seed, unit: Unit) -> int:
        """The slot under a seed that several experiments share (a layer's, a holdout's)."""
        found = self._slots.get(seed)
        if found is None:
            found = self._slots[seed] = self.slot(seed, unit)
        return found

    def slot(self, seed: Seed, unit: Unit) -> int:
        """The integer bucket of a unit under a seed (see `hashing.slot`)."""
        if seed.version == 1:
            return fnv1a_32(seed.codes, fnv1a_32(unit.codes)) % RESOLUTION[1]
        states = self._states.get(seed.attribute)
        if states is None:
            states = self._lanes[seed.attribute].fold(unit.codes)
            self._states[seed.attribute] = states
        return second_slot(states[seed.lane])
