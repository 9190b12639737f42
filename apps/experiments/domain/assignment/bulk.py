"""The same hash and choice for many units at once, without a Python loop over units."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from apps.experiments.contracts.assignment import Range
from apps.experiments.domain.assignment.hashing import (
    OFFSET_BASIS,
    PRIME,
    RESOLUTION,
    code_units,
    fnv1a_32,
)

Words: TypeAlias = npt.NDArray[np.uint32]
Indices: TypeAlias = npt.NDArray[np.int16]
Buckets: TypeAlias = npt.NDArray[np.float64]

_PRIME = np.uint32(PRIME)
_ZERO = np.uint32(ord("0"))
_LARGEST_UNIT = 0xFFFF
_POWERS = tuple(10**exponent for exponent in range(9, -1, -1))


@dataclass(frozen=True, slots=True)
class EncodedUnits:
    """UTF-16 code units of n unit ids: codes uint32[longest, n], lengths int32[n]."""

    codes: Words
    lengths: npt.NDArray[np.int32]

    def __len__(self) -> int:
        """How many units there are."""
        return len(self.lengths)


def units_encode(units: Sequence[str]) -> EncodedUnits:
    """Encode unit ids once, to be hashed under many seeds."""
    lengths = np.fromiter(map(len, units), dtype=np.int32, count=len(units))
    longest = int(lengths.max(initial=0))
    if longest == 0:
        return EncodedUnits(np.zeros((0, len(units)), np.uint32), lengths)
    points = np.array(units, dtype=f"<U{longest}").view("<u4").reshape(len(units), longest)
    if points.max() > _LARGEST_UNIT:
        return _surrogates_encode(points, lengths)
    return EncodedUnits(np.ascontiguousarray(points.T), lengths)


def _surrogates_encode(points: Words, lengths: npt.NDArray[np.int32]) -> EncodedUnits:
    """Split code points above U+FFFF into two code units."""
    inside = np.arange(points.shape[1]) < lengths[:, None]
    wide = inside & (points > _LARGEST_UNIT)
    repeats = np.where(inside, 1 + wide, 0)
    ends = np.cumsum(repeats, axis=1)
    codes = np.zeros((int(ends[:, -1].max()), len(lengths)), np.uint32)
    rows, columns = np.nonzero(inside)
    values = points[rows, columns]
    first = ends[rows, columns] - repeats[rows, columns]
    offset = values - np.uint32(0x10000)
    is_wide = wide[rows, columns]
    codes[first, rows] = np.where(is_wide, 0xD800 + (offset >> 10), values)
    codes[first[is_wide] + 1, rows[is_wide]] = 0xDC00 + (offset[is_wide] & 0x3FF)
    return EncodedUnits(codes, ends[:, -1].astype(np.int32))


def _fold(encoded: EncodedUnits, start: int) -> Words:
    """FNV-1a 32 of every unit, from one starting state: uint32[n]."""
    state = np.full(len(encoded), start, dtype=np.uint32)
    shortest = int(encoded.lengths.min()) if len(encoded) else 0
    for column, codes in enumerate(encoded.codes):
        if column < shortest:
            state ^= codes
            state *= _PRIME
        else:
            longer = encoded.lengths > column
            state[longer] = (state[longer] ^ codes[longer]) * _PRIME
    return state


def decimals_fold(numbers: Words) -> Words:
    """FNV-1a 32 of each number written in decimal: uint32[n]."""
    state = np.full(len(numbers), OFFSET_BASIS, dtype=np.uint32)
    for power in _POWERS:
        digits = numbers // np.uint32(power) % np.uint32(10) + _ZERO
        folded = (state ^ digits) * _PRIME
        state = np.where(numbers >= power, folded, state) if power > 1 else folded
    return state


def slots_bulk(seed: str, encoded: EncodedUnits, version: int) -> Words | None:
    """The integer bucket of every unit under a seed (see `hashing.slot`): uint32[n]."""
    if version == 2:  # noqa: PLR2004 - the two versions are named so in the specification
        first = _fold(encoded, fnv1a_32(code_units(seed)))
        return decimals_fold(first) % np.uint32(RESOLUTION[2])
    if version == 1:
        state = _fold(encoded, OFFSET_BASIS)
        for unit in code_units(seed):
            state = (state ^ np.uint32(unit)) * _PRIME
        return state % np.uint32(RESOLUTION[1])
    return None


def buckets_bulk(seed: str, encoded: EncodedUnits, version: int) -> Buckets | None:
    """The bucket in [0, 1) of every unit under a seed: float64[n]; None for other versions."""
    slots = slots_bulk(seed, encoded, version)
    return None if slots is None else slots / RESOLUTION[version]


def variations_choose(positions: Buckets, ranges: Sequence[Range]) -> Indices:
    """The index of the first range that holds each bucket, -1 for none: int16[n]."""
    chosen = np.full(len(positions), -1, dtype=np.int16)
    for index in range(len(ranges) - 1, -1, -1):
        low, high = ranges[index]
        chosen[(positions >= low) & (positions < high)] = index
    return chosen


def choice_table(ranges: Sequence[Range], version: int) -> Indices:
    """The choice for every bucket there is, by integer bucket: int16[1000 or 10000]."""
    resolution = RESOLUTION[version]
    return variations_choose(np.arange(resolution) / resolution, ranges)
