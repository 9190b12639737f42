"""Which products are together in baskets more often than by chance, and how much that says.

The score of a neighbour j of i is P(j | i) - P(j): by how much having i makes j likelier, over
baskets that decay with age. (The measure is known as added value or leverage per antecedent.)
Pairs are counted for some products at a time, so that memory is bounded whatever the baskets.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from apps.recommendations.contracts import BoolArray, Float32, Float64, Int32
from apps.recommendations.contracts_relations import Baskets, Int64, PairRules, Relation
from apps.recommendations.domain.significance import discoveries, together_p

DAY = 86_400.0
# So many pairs are counted at a time: about 100 MB.
BUDGET = 4_000_000


class _Pairs(NamedTuple):
    """Each pair once, left < right: baskets that hold both, decayed likewise, and chance."""

    left: Int32
    right: Int32
    together: Int64
    decayed: Float64
    chance: Float64

    def only(self, which: BoolArray) -> "_Pairs":
        return _Pairs(
            self.left[which],
            self.right[which],
            self.together[which],
            self.decayed[which],
            self.chance[which],
        )

    def mirrored(self) -> "_Pairs":
        """Each pair twice: either of its products is left once."""
        return _Pairs(
            np.concatenate([self.left, self.right]),
            np.concatenate([self.right, self.left]),
            np.concatenate([self.together, self.together]),
            np.concatenate([self.decayed, self.decayed]),
            np.concatenate([self.chance, self.chance]),
        )


def relation_of(
    baskets: Baskets, *, products: int, as_of: float, rules: PairRules, budget: int = BUDGET
) -> Relation:
    """The products that belong together.

    A pair is tested when each of its products is in `rules.least` baskets, whether or not any
    basket holds both: those that none holds were looked at too.

    Args:
        baskets: codes below `products`.
        products: n.
        as_of: unix seconds; what a basket's age is counted from.
        rules: support, significance, decay.
        budget: pairs in memory at a time, at least as many as one product can have.
    """
    ages = np.maximum(as_of - baskets.at, 0.0) / DAY
    # Never 0: a sparse product leaves zeros out, and counts and weights would not align.
    recency = np.maximum(np.exp2(-ages / rules.half_life_days), np.finfo(np.float64).tiny)
    lengths = np.diff(baskets.starts)
    alone = np.bincount(baskets.codes, minlength=products)
    decayed_alone: Float64 = np.bincount(
        baskets.codes, weights=np.repeat(recency, lengths), minlength=products
    ).astype(np.float64)
    common = int((alone >= rules.least).sum())
    tested = common * (common - 1) // 2
    pairs = _joined([*_counted(baskets, recency, alone, rules, budget)])
    return _relation(
        pairs.only(discoveries(pairs.chance, tested=tested, false_share=rules.false_share)),
        alone=alone,
        shares=(decayed_alone, float(recency.sum())),
        baskets=len(baskets),
        tested=tested,
        most=rules.most,
    )


def _counted(
    baskets: Baskets, recency: Float64, alone: Int64, rules: PairRules, budget: int
) -> Iterator[_Pairs]:
    """Pairs with enough baskets that are likelier than chance, for some products at a time."""
    from scipy.sparse import csr_array

    products, total = len(alone), len(baskets)
    ones = np.ones(len(baskets.codes), dtype=np.float32)
    rows = csr_array((ones, baskets.codes, baskets.starts), shape=(total, products))
    weights = np.repeat(recency, np.diff(baskets.starts))
    weighed = csr_array((weights, baskets.codes, baskets.starts), shape=(total, products))
    columns = rows.T.tocsr()
    for start, stop in _blocks(baskets, products, budget):
        part = columns[start:stop]
        both, decayed = csr_array(part @ rows), csr_array(part @ weighed)
        both.sort_indices()
        decayed.sort_indices()
        left = np.repeat(np.arange(start, stop, dtype=np.int32), np.diff(both.indptr))
        right = both.indices.astype(np.int32)
        above = right > left
        pairs = _Pairs(
            left[above],
            right[above],
            np.rint(both.data[above]).astype(np.int64),
            decayed.data[above].astype(np.float64),
            np.ones(int(above.sum())),
        )
        yield _likely(pairs, alone, total, rules)


def _blocks(baskets: Baskets, products: int, budget: int) -> Iterator[tuple[int, int]]:
    """Runs of products whose baskets hold at most `budget` lines together (or one product's)."""
    lengths = np.diff(baskets.starts)
    lines = np.bincount(
        baskets.codes, weights=np.repeat(lengths, lengths), minlength=products
    ).cumsum()
    start = 0
    while start < products:
        before = lines[start - 1] if start else 0.0
        stop = max(int(np.searchsorted(lines, before + budget, side="right")), start + 1)
        yield start, stop
        start = stop


def _likely(pairs: _Pairs, alone: Int64, total: int, rules: PairRules) -> _Pairs:
    expected = alone[pairs.left] * alone[pairs.right] / max(total, 1)
    pairs = pairs.only((pairs.together >= rules.least) & (pairs.together > expected))
    chance = together_p(pairs.together, alone[pairs.left], alone[pairs.right], total)
    # A discovery is never less likely than the share itself: the others need not be kept.
    return pairs._replace(chance=chance).only(chance <= rules.false_share)


def _joined(parts: list[_Pairs]) -> _Pairs:
    nothing = np.zeros(0, dtype=np.int32)
    return _Pairs(
        np.concatenate([nothing, *(part.left for part in parts)]),
        np.concatenate([nothing, *(part.right for part in parts)]),
        np.concatenate([nothing.astype(np.int64), *(part.together for part in parts)]),
        np.concatenate([nothing.astype(np.float64), *(part.decayed for part in parts)]),
        np.concatenate([nothing.astype(np.float64), *(part.chance for part in parts)]),
    )


def _relation(
    pairs: _Pairs,
    *,
    alone: Int64,
    shares: tuple[Float64, float],
    baskets: int,
    tested: int,
    most: int,
) -> Relation:
    """Both directions of each pair, best first, at most `most` a product."""
    decayed_alone, decayed_total = shares
    of, other, together, decayed, _ = pairs.mirrored()
    lifts = together * float(baskets) / (alone[of] * alone[other]).astype(np.float64)
    added = decayed / decayed_alone[of] - decayed_alone[other] / decayed_total
    order = np.lexsort((other, -lifts, -added, of))
    order = order[added[order] > 0]
    places = np.arange(len(order)) - np.searchsorted(of[order], of[order])
    order = order[places < most]
    scores: Float32 = np.minimum(added[order], 1.0).astype(np.float32)
    return Relation(
        starts=np.searchsorted(of[order], np.arange(len(alone) + 1)).astype(np.int64),
        codes=other[order].astype(np.int32),
        scores=scores,
        lifts=lifts[order].astype(np.float32),
        together=together[order].astype(np.int32),
        alone=alone.astype(np.int32),
        baskets=baskets,
        tested=tested,
    )
