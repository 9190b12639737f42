"""From a bucket to a variation: ranges, choice, namespaces. Source: CONVENTIONS.md, Assignment."""

from collections.abc import Sequence
from itertools import accumulate

from apps.experiments.contracts.assignment import Range
from apps.experiments.domain.assignment.hashing import bucket

NAMESPACE_HASH_VERSION = 1
_LOWEST_SUM, _HIGHEST_SUM = 0.99, 1.01


def equal_weights(count: int) -> list[float]:
    """The same share for each of `count` variations; none for a count below 1."""
    return [1 / count] * count if count > 0 else []


def weights_or_equal(count: int, weights: Sequence[float] | None) -> Sequence[float]:
    """The weights, or equal ones when their number or their sum (1 within 0.01) is wrong."""
    if weights is None or len(weights) != count:
        return equal_weights(count)
    return weights if _LOWEST_SUM <= sum(weights) <= _HIGHEST_SUM else equal_weights(count)


def bucket_ranges(
    count: int, coverage: float = 1.0, weights: Sequence[float] | None = None
) -> tuple[Range, ...]:
    """Variation i owns `[start_i, start_i + coverage * weight_i)`; coverage is clamped."""
    share = min(max(coverage, 0.0), 1.0)
    used = weights_or_equal(count, weights)
    starts = accumulate(used, initial=0.0)
    return tuple(
        (start, start + share * weight) for start, weight in zip(starts, used, strict=False)
    )


def in_range(position: float, owned: Range) -> bool:
    """Whether a bucket lies in `[low, high)`."""
    return owned[0] <= position < owned[1]


def variation_choose(position: float, ranges: Sequence[Range]) -> int:
    """The index of the first range that holds the bucket, -1 for none."""
    for index, owned in enumerate(ranges):
        if owned[0] <= position < owned[1]:
            return index
    return -1


def namespace_seed(name: str) -> str:
    """The seed under which a namespace hashes its units."""
    return f"__{name}"


def in_namespace(unit: str, name: str, low: float, high: float) -> bool:
    """Whether a unit lies in `[low, high)` of a namespace."""
    position = bucket(namespace_seed(name), unit, NAMESPACE_HASH_VERSION)
    return position is not None and low <= position < high
