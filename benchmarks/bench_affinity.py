"""Scoring by a shopper's history against the bare numpy product.

    python -m benchmarks.bench_affinity [--pairs 2000] [--products 20000 200000]

A model of drawn factors (64) with 100 neighbours a product in its blend, with momentum and
without, and a history of 60 products, 5 of them of this visit. Pairs are taken turn by turn in
one process; told are the median of their ratios and its 95 % upper bound by bootstrap, over CPU
time of the thread. Gated: 1,000 candidates at most 1.5 times `leaned.take(codes, axis=0) @
factors`, the same product of the same matrix, which is twice as fast as `leaned[codes] @
factors`, folding in at most 1.5 times the bare solve, and under a millisecond.
"""

import argparse
import sys
import time
from collections.abc import Callable
from itertools import product

import numpy as np

from apps.catalog.contracts import ProductRow
from apps.catalog.domain.columns import columns_build
from apps.catalog.domain.tree import CategoryNode, tree_build
from apps.common.domain.string_table import StringTable
from apps.features.contracts import ServingSnapshot
from apps.features.domain.serving import snapshot_build
from apps.recommendations.contracts import History, Int32, Shopper
from apps.recommendations.contracts_models import Family, ModelCard, Taste
from apps.recommendations.domain.affinities import (
    Basis,
    Leaning,
    affinity_of,
    cells_of,
    leaning_of,
    scores_of_rows,
)
from apps.recommendations.domain.blending import BlendModel, Parts, Recipe
from apps.recommendations.domain.code_book import code_book
from apps.recommendations.domain.parts import FactorPart, NeighbourPart

FACTORS, NEIGHBOURS, LINES, CANDIDATES = 64, 100, 60, 1_000
AS_OF, DAY = 1_790_000_000.0, 86_400.0
SCORING_AT_MOST = FOLDING_AT_MOST = 1.5
ALPHA = 1.0
MOMENTUMS = (0.0, 0.75)
_random = np.random.default_rng(11)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=2_000)
    parser.add_argument("--products", type=int, nargs="+", default=[20_000, 200_000])
    asked = parser.parse_args()
    passed = [_measured(*each, asked.pairs) for each in product(asked.products, MOMENTUMS)]
    return 0 if all(passed) else 1


def _measured(count: int, momentum: float, pairs: int) -> bool:
    model, snapshot = _model(count, momentum), _snapshot(count)
    history = _history(model)
    started = time.perf_counter()
    basis = Basis(code_book(model.product_ids, snapshot.columns.product_ids), model)
    matched = f"rows and codes matched in {time.perf_counter() - started:.2f} s"
    print(f"\n{count:,} products, momentum {momentum:g}; {matched}")
    shopper = Shopper("new", history=history)
    leaning, taste = _leaning(shopper, snapshot, basis)
    return all(
        (
            _candidates(model, leaning, taste, pairs),
            _folding(model, basis, history, pairs),
            _catalogue(model, leaning, taste, max(pairs // 20, 20)),
            _whole(model, snapshot, basis, shopper, pairs // 4),
        )
    )


def _leaning(shopper: Shopper, snapshot: ServingSnapshot, basis: Basis) -> tuple[Leaning, Taste]:
    leaning = leaning_of(shopper, snapshot, basis, AS_OF)
    if leaning is None or leaning.taste is None:
        raise RuntimeError("the model knows nothing of its own products")
    return leaning, leaning.taste


def _candidates(model: BlendModel, leaning: Leaning, taste: Taste, pairs: int) -> bool:
    sets = [_drawn(len(model.product_ids), CANDIDATES) for _ in range(64)]

    def ours(turn: int) -> object:
        return scores_of_rows(leaning, sets[turn % 64])

    def bare(turn: int) -> object:
        # Rows are codes here: the catalogue is the model's.
        return model.leaned.take(sets[turn % 64], axis=0) @ taste.factors

    def indexed(turn: int) -> object:
        return model.leaned[sets[turn % 64]] @ taste.factors

    _compared("1,000 candidates, against an index, which is slower", ours, indexed, pairs, None)
    return _compared("1,000 candidates", ours, bare, pairs, SCORING_AT_MOST)


def _folding(model: BlendModel, basis: Basis, history: History, pairs: int) -> bool:
    part = model.parts.factors
    codes = basis.book.codes_of(history.product_ids)
    values = model.parts.values(cells_of(history, codes, AS_OF))

    def ours(_turn: int) -> object:
        known = basis.book.codes_of(history.product_ids)
        return model.factors_solved(cells_of(history, known, AS_OF))

    def bare(_turn: int) -> object:
        theirs = part.products[codes]
        sure = np.float32(ALPHA) * values
        left = part.gram + (theirs.T * sure) @ theirs
        return np.linalg.solve(left, (1 + sure) @ theirs)

    passed = _compared("folding in 60 products", ours, bare, pairs, FOLDING_AT_MOST)
    took_ms = float(np.median([_spent(ours, turn) for turn in range(200)])) * 1e3
    print(f"  folding in takes {took_ms:.3f} ms (less than 1)")
    return passed and took_ms < 1.0


def _catalogue(model: BlendModel, leaning: Leaning, taste: Taste, pairs: int) -> bool:
    def ours(_turn: int) -> object:
        return affinity_of(leaning)

    def bare(_turn: int) -> object:
        return model.leaned @ taste.factors

    return _compared("the whole catalogue", ours, bare, pairs, None)


def _whole(
    model: BlendModel, snapshot: ServingSnapshot, basis: Basis, shopper: Shopper, pairs: int
) -> bool:
    sets = [_drawn(len(model.product_ids), CANDIDATES) for _ in range(64)]
    factors = np.ones(FACTORS, dtype=np.float32)

    def ours(turn: int) -> object:
        leaning, _taste = _leaning(shopper, snapshot, basis)
        return scores_of_rows(leaning, sets[turn % 64])

    def bare(turn: int) -> object:
        return model.leaned[sets[turn % 64]] @ factors

    return _compared("shopper to scores of 1,000 candidates", ours, bare, pairs, None)


def _compared(
    name: str,
    ours: Callable[[int], object],
    bare: Callable[[int], object],
    pairs: int,
    most: float | None,
) -> bool:
    """Whether the bound holds; without one the figures are only told."""
    spent = np.array([_pair(ours, bare, turn) for turn in range(pairs + pairs // 10)])
    spent = spent[pairs // 10 :]
    ratios = spent[:, 0] / spent[:, 1]
    resampled = _random.choice(ratios, size=(500, len(ratios)))
    bound = float(np.quantile(np.median(resampled, axis=1), 0.95))
    told = "" if most is None else f" (at most {most})"
    mine, theirs = (float(np.median(spent[:, side])) * 1e6 for side in (0, 1))
    print(
        f"  {name}: {mine:.0f} µs against {theirs:.0f} µs; median ratio {np.median(ratios):.3f} of"
        f" {len(ratios)} pairs, 95 % upper bound {bound:.3f}{told}"
    )
    return most is None or bound <= most


def _pair(
    ours: Callable[[int], object], bare: Callable[[int], object], turn: int
) -> tuple[float, float]:
    """Seconds of both, on average of ours, bare, bare, ours; nobody warms another's candidates."""
    at = 4 * turn
    first = _spent(ours, at)
    middle = _spent(bare, at + 1) + _spent(bare, at + 2)
    return (first + _spent(ours, at + 3)) / 2, middle / 2


def _spent(call: Callable[[int], object], turn: int) -> float:
    started = time.thread_time()
    call(turn)
    return time.thread_time() - started


def _drawn(count: int, wanted: int) -> Int32:
    return _random.choice(count, size=wanted, replace=False).astype(np.int32)


def _names(count: int) -> list[str]:
    return [f"p-{number:07}" for number in range(count)]


def _model(count: int, momentum: float) -> BlendModel:
    products = _random.normal(0.0, 0.1, size=(count, FACTORS)).astype(np.float32)
    gram = (products.T @ products + 5.0 * np.eye(FACTORS)).astype(np.float32)
    neighbours = NeighbourPart(
        np.arange(count + 1, dtype=np.int64) * NEIGHBOURS,
        _random.integers(0, count, size=count * NEIGHBOURS, dtype=np.int32),
        _random.random(count * NEIGHBOURS, dtype=np.float32),
    )
    wanted = _random.uniform(0.1, 2.0, size=count).astype(np.float32)
    weights = {Family.ALS: 0.5, Family.EASE: 0.3, Family.POPULARITY: 0.1, Family.REPEAT: 0.1}
    return BlendModel(
        card=ModelCard(1, AS_OF - 30 * DAY, 0.0, 0, count, 0, {}, {"half_life_days": 180.0}, {}),
        product_ids=StringTable.build(_names(count)),
        user_ids=StringTable.build(()),
        trained=np.zeros((0, FACTORS), dtype=np.float32),
        parts=Parts(
            FactorPart(products, gram, ALPHA),
            {Family.EASE: neighbours},
            _random.random(count, dtype=np.float32),
            wanted,
            180.0,
            180.0,
            {},
        ),
        recipe=Recipe(weights, momentum),
        lean=wanted ** np.float32(momentum),
    )


def _snapshot(count: int) -> ServingSnapshot:
    tree = tree_build([CategoryNode(1, None, "All", "all")])
    rows = (
        ProductRow(pk, name, True, 1, "", 10.0, None, None, None, "in_stock", AS_OF - DAY, "", {})
        for pk, name in enumerate(_names(count), 1)
    )
    return snapshot_build(
        columns=columns_build(rows, tree, as_of=AS_OF),
        tree=tree,
        totals=_random.random(count),
        as_of=AS_OF,
        freshness_half_life_days=30.0,
    )


def _history(model: BlendModel) -> History:
    codes = _drawn(len(model.product_ids), LINES)
    at = AS_OF - np.sort(_random.random(LINES)) * 300 * DAY
    at[:5] = AS_OF - 60.0 * np.arange(1, 6)
    return History(
        tuple([model.product_ids.get(int(code)) for code in codes]),
        np.full(LINES, 3.0, dtype=np.float32),
        at,
        np.ones(LINES, dtype=np.bool_),
    )


if __name__ == "__main__":
    sys.exit(main())
