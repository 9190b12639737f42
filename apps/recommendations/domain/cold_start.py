"""How much of a score is the shopper's own, while little is known of them."""

from apps.recommendations.contracts import Float32

ENOUGH = 5
"""From so many different products on, popularity has no say."""


def own_share(interactions: int) -> float:
    """The share of the collaborative score in [0, 1]; the rest is popularity.

    `min(1, interactions / 5) ** (1 / 3)`: 0, 0.58, 0.74, 0.84, 0.93, 1. Steep at first: on
    a real shop's periods one product already earns 0.6 (docs/recommendations.md).
    """
    return float(min(interactions / ENOUGH, 1.0) ** (1.0 / 3.0))


def blended(own: Float32, popularity: Float32 | None, share: float) -> Float32:
    """`share` of the shopper's own score, the rest popularity; without one there is no rest.

    Args:
        own: float32[m] in [0, 1].
        popularity: float32[m] in [0, 1]; None: it has no source.
        share: in [0, 1].
    """
    if share >= 1.0:
        return own
    mixed: Float32 = own * own.dtype.type(share)
    if popularity is not None:
        mixed += popularity * own.dtype.type(1.0 - share)
    return mixed
