"""Features of shown hits as the query log keeps them: two bytes a number.

Layout: a byte that says 1, a byte whose bits name the features (the n-th bit the n-th of
`PACKED_ORDER`), then little-endian 16-bit numbers, hit by hit, 65,535 being 1.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from apps.features.contracts import CF_SCORE, FRESHNESS_SCORE, POPULARITY_SCORE, SEARCH_SCORE

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
# What is logged names features by their place here: append, never reorder.
PACKED_ORDER: tuple[str, ...] = (SEARCH_SCORE, CF_SCORE, POPULARITY_SCORE, FRESHNESS_SCORE)
STEPS = 65_535
_BITS = {name: 1 << place for place, name in enumerate(PACKED_ORDER)}
_LAYOUT = 1
_HEAD = 2


class PackedUnreadable(ValueError):
    """The bytes are no packed features of this layout."""


def features_pack(names: Sequence[str], rows: Float32 | Float64) -> bytes:
    """The features of shown hits.

    Args:
        names: features, in the order of `PACKED_ORDER`.
        rows: [hits, features] in [0, 1]; what lies outside is cut off.
    """
    mask = 0
    for name in names:
        mask |= _BITS[name]
    scaled = rows * np.float32(STEPS)
    # np.clip takes three times as long, and every answered search waits for it.
    np.maximum(scaled, 0.0, out=scaled)
    np.minimum(scaled, STEPS, out=scaled)
    scaled += 0.5
    steps: npt.NDArray[np.uint16] = scaled.astype("<u2")
    return bytes((_LAYOUT, mask)) + steps.tobytes()


def features_unpack(packed: bytes) -> Mapping[str, Float64]:
    """Feature to its value at every shown hit.

    Raises:
        PackedUnreadable: another layout, or numbers that are no whole hits.
    """
    if len(packed) < _HEAD or packed[0] != _LAYOUT or packed[1] >> len(PACKED_ORDER):
        raise PackedUnreadable("another layout")
    names = [name for place, name in enumerate(PACKED_ORDER) if packed[1] >> place & 1]
    body = packed[_HEAD:]
    if not names or len(body) % (2 * len(names)):
        raise PackedUnreadable(f"{len(body)} bytes for {len(names)} features a hit")
    table = np.frombuffer(body, dtype="<u2").reshape(-1, len(names)) / STEPS
    return {name: table[:, place] for place, name in enumerate(names)}
