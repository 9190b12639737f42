"""Products that are chosen more than their own past lets one expect."""

from collections.abc import Sequence

import numpy as np

from apps.recommendations.contracts import Int32
from apps.recommendations.contracts_relations import Activity, Trend, TrendRules


def trend_of(pks: Int32, activity: Sequence[Activity], rules: TrendRules) -> Trend:
    """The products on the rise, most growth first.

    With F and S the decayed interactions of a product over days and over weeks, and ΣF, ΣS
    those of the whole shop, e = S · ΣF / ΣS is what the product's own past lets one expect:
    a season that lifts everything is no trend. Growth is (F + prior) / (e + prior). Because S
    holds the last days too, growth is bounded by ΣS / ΣF, also for a product without a past.

    Args:
        pks: int32[n] ascending; products outside of it are left out, but count in the sums.
        activity: of every product that had any.
        rules: support, growth, prior.
    """
    keys = np.array([each.pk for each in activity], dtype=np.int32)
    fast = np.array([each.fast for each in activity], dtype=np.float64)
    slow = np.array([each.slow for each in activity], dtype=np.float64)
    shoppers = np.array([each.shoppers for each in activity], dtype=np.int32)
    share = fast.sum() / slow.sum() if len(slow) and slow.sum() > 0 else 0.0
    growth = (fast + rules.prior) / (slow * share + rules.prior)
    rising = (shoppers >= rules.least_shoppers) & (growth >= rules.least_growth)
    rising &= np.isin(keys, pks)
    order = np.flatnonzero(rising)
    order = order[np.lexsort((keys[order], -growth[order]))]
    return Trend(
        codes=np.searchsorted(pks, keys[order]).astype(np.int32),
        growth=growth[order].astype(np.float32),
        shoppers=shoppers[order],
    )
