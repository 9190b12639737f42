"""All stored features of one product as one value in Redis, and a thousand of them at once.

Layout: eight bytes that name the features and their order, then little-endian float32, nan for
none. Every value is as long as another, so that a batch is one array and no loop. A value of
another registry (an older release's) has another name, and counts as none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from apps.catalog.contracts import BoolArray
from apps.features.contracts import Float32

_STAMP = 8


@dataclass(frozen=True, slots=True)
class Layout:
    """Which features stand in a packed value.

    Attributes:
        keys: `name@version`, in their order.
        stamp: eight bytes that name them.
    """

    keys: tuple[str, ...]
    stamp: bytes

    @classmethod
    def of(cls, keys: Sequence[str]) -> "Layout":
        """The layout of these features."""
        return cls(tuple(keys), blake2b("\n".join(keys).encode(), digest_size=_STAMP).digest())

    @property
    def width(self) -> int:
        """Bytes of a value."""
        return _STAMP + 4 * len(self.keys)


def values_pack(layout: Layout, values: Float32) -> list[bytes]:
    """A packed value a row.

    Args:
        layout: f features.
        values: float32[p, f].
    """
    packed = np.empty((len(values), layout.width), dtype=np.uint8)
    packed[:, :_STAMP] = np.frombuffer(layout.stamp, dtype=np.uint8)
    packed[:, _STAMP:] = np.ascontiguousarray(values, dtype="<f4").view(np.uint8)
    whole, width = packed.tobytes(), layout.width
    return [whole[at : at + width] for at in range(0, len(whole), width)]


def values_unpack(layout: Layout, packed: Sequence[bytes | None]) -> tuple[Float32, BoolArray]:
    """The values, and which rows had one of this layout.

    Args:
        layout: f features.
        packed: p values as Redis answered them.

    Returns:
        float32[p, f] with nan where there is none, and bool[p].
    """
    width, none = layout.width, bytes(layout.width)
    if not all(one is not None and len(one) == width for one in packed):
        packed = [one if one is not None and len(one) == width else none for one in packed]
    table = np.frombuffer(b"".join(packed), dtype=np.uint8).reshape(len(packed), width)  # type: ignore[arg-type]  # None was replaced above
    stamp = np.frombuffer(layout.stamp, dtype=np.uint64)
    found: BoolArray = np.ascontiguousarray(table[:, :_STAMP]).view(np.uint64)[:, 0] == stamp
    values = np.ascontiguousarray(table[:, _STAMP:]).view("<f4").astype(np.float32, copy=False)
    if not found.all():
        values = np.where(found[:, None], values, np.float32(np.nan))
    return values, found
