"""Whether two products are together more often than by chance: exact test, false discoveries."""

import numpy as np
import numpy.typing as npt

from apps.recommendations.contracts import BoolArray, Float64

Counts = npt.NDArray[np.int64]
# Terms of the tail that are this much smaller than its sum no longer change it.
_NEGLIGIBLE = 1e-17


def together_p(together: Counts, left: Counts, right: Counts, baskets: int) -> Float64:
    """float64[m]: how likely so many baskets hold both, or more, if nothing bound the products.

    The upper tail of the hypergeometric distribution: Fisher's exact test, one-sided.

    Args:
        together: int64[m], baskets that hold both; more than chance lets expect, for the sum
            begins there.
        left: int64[m], baskets that hold the one.
        right: int64[m], baskets that hold the other.
        baskets: all of them.

    Source: Fisher, The logic of inductive inference, 1935.
    """
    count, few, many = together.astype(np.float64), *_ordered(left, right)
    total = np.ones(len(count))
    term = np.ones(len(count))
    step = count.copy()
    active = np.flatnonzero(step < few)
    while len(active):
        at, drawn, marked = step[active], few[active], many[active]
        term[active] *= (marked - at) * (drawn - at)
        term[active] /= (at + 1.0) * (baskets - marked - drawn + at + 1.0)
        total[active] += term[active]
        step[active] += 1.0
        going = (step[active] < drawn) & (term[active] > _NEGLIGIBLE * total[active])
        active = active[going]
    tail: Float64 = np.minimum(np.exp(_log_chance(count, few, many, baskets)) * total, 1.0)
    return tail


def _ordered(left: Counts, right: Counts) -> tuple[Float64, Float64]:
    return np.minimum(left, right).astype(float), np.maximum(left, right).astype(float)


def _log_chance(count: Float64, few: Float64, many: Float64, baskets: int) -> Float64:
    """float64[m]: log of the chance that exactly `count` baskets hold both."""
    from scipy.special import gammaln  # a serving process never gets here

    def choose(of: Float64, taken: Float64) -> Float64:
        chosen: Float64 = gammaln(of + 1.0) - gammaln(taken + 1.0) - gammaln(of - taken + 1.0)
        return chosen

    every = np.full(len(count), float(baskets))
    return choose(many, count) + choose(every - many, few - count) - choose(every, few)


def discoveries(p_values: Float64, *, tested: int, false_share: float) -> BoolArray:
    """bool[m]: which stand, so that at most `false_share` of them are expected to be chance.

    Args:
        p_values: float64[m], those worth listing; all others count as 1.
        tested: how many hypotheses there were, at least m.
        false_share: in (0, 1).

    Source: Benjamini and Hochberg, Controlling the false discovery rate, 1995.
    """
    order = np.sort(p_values)
    bounds = false_share * np.arange(1, len(order) + 1) / max(tested, 1)
    below = np.flatnonzero(order <= bounds)
    if not len(below):
        return np.zeros(len(p_values), dtype=np.bool_)
    stands: BoolArray = p_values <= order[below[-1]]
    return stands
