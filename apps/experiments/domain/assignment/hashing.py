"""FNV-1a over UTF-16 code units, and the public specification's two bucket hashes.

Source: CONVENTIONS.md, Assignment; FNV-1a 32 bits after Fowler, Noll and Vo.
"""

import struct
from collections.abc import Sequence

OFFSET_BASIS = 0x811C9DC5
PRIME = 0x01000193
MASK = 0xFFFFFFFF
RESOLUTION = {1: 1_000, 2: 10_000}


def code_units(text: str) -> Sequence[int]:
    """The text as JavaScript counts it: UTF-16 code units (an ASCII text's bytes are those)."""
    if text.isascii():
        return text.encode("ascii")
    encoded = text.encode("utf-16-le", "surrogatepass")
    return struct.unpack(f"<{len(encoded) // 2}H", encoded)


def fnv1a_32(units: Sequence[int], state: int = OFFSET_BASIS) -> int:
    """FNV-1a 32 over code units, going on from `state` (so that prefixes are hashed once)."""
    for unit in units:
        state = (state ^ unit) * PRIME & MASK
    return state


def slot(seed: str, value: str, version: int) -> int | None:
    """The integer bucket of a value under a seed: [0, 1000) or [0, 10000); None if unknown."""
    if version == 2:  # noqa: PLR2004 - the two versions are named so in the specification
        first = fnv1a_32(code_units(value), fnv1a_32(code_units(seed)))
        return fnv1a_32(b"%d" % first) % RESOLUTION[2]
    if version == 1:
        return fnv1a_32(code_units(seed), fnv1a_32(code_units(value))) % RESOLUTION[1]
    return None


def bucket(seed: str, value: str, version: int) -> float | None:
    """The bucket in [0, 1) of a value under a seed; versions other than 1 and 2 have none."""
    found = slot(seed, value, version)
    return None if found is None else found / RESOLUTION[version]
