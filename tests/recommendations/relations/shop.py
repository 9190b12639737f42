"""A shop in memory: rows 0 … 7 of two branches, with variants, and what a strategy is given."""

from collections.abc import Sequence

import numpy as np

from apps.features.contracts import ServingSnapshot
from apps.features.domain.serving import snapshot_build
from apps.recommendations.contracts import History, Shopper, Shopping
from apps.recommendations.contracts_relations import ProductRelations, Relation, Trend
from tests.features.catalogue import AS_OF, DAY, TREE, columns_of, product_row

PRODUCTS = 8
AUDIO, BOOKS, NONE = 11, 20, None


def snapshot_of(**columns: Sequence[object]) -> ServingSnapshot:
    """Keys 1 … 8; the later the product the more popular, the last was never chosen."""
    rows = [
        product_row(at + 1, **{name: values[at] for name, values in columns.items()})
        for at in range(PRODUCTS)
    ]
    totals = np.array([*range(1, PRODUCTS), 0], dtype=np.float64)
    return snapshot_build(
        columns=columns_of(*rows),
        tree=TREE,
        totals=totals,
        as_of=AS_OF,
        freshness_half_life_days=90.0,
    )


def history_of(*lines: tuple[str, float, bool]) -> History:
    """(product, days ago, bought), newest first."""
    return History(
        tuple(each[0] for each in lines),
        np.array([3.0 if each[2] else 1.0 for each in lines], dtype=np.float32),
        np.array([AS_OF - each[1] * DAY for each in lines]),
        np.array([each[2] for each in lines], dtype=np.bool_),
    )


def shopping_of(
    snapshot: ServingSnapshot,
    *context: int,
    shopper: Shopper | None = None,
    allowed: Sequence[int] | None = None,
    category: int = -1,
    wanted: int = 5,
) -> Shopping:
    """`allowed`: rows; None: every one."""
    mask = np.full(len(snapshot.columns), allowed is None)
    mask[list(allowed or ())] = True
    return Shopping(
        snapshot=snapshot,
        shopper=shopper or Shopper(),
        affinity=None,
        context=np.array(context, dtype=np.int32),
        allowed=mask,
        category=category,
        wanted=wanted,
        as_of=AS_OF,
    )


def relation_with(pairs: dict[int, list[tuple[int, float]]], products: int) -> Relation:
    """Code → its neighbours and their scores, best first; a lift is ten times the score."""
    listed = [pairs.get(code, []) for code in range(products)]
    flat = [each for theirs in listed for each in theirs]
    return Relation(
        starts=np.cumsum([0, *map(len, listed)]).astype(np.int64),
        codes=np.array([code for code, _ in flat], dtype=np.int32),
        scores=np.array([score for _, score in flat], dtype=np.float32),
        lifts=np.array([10 * score for _, score in flat], dtype=np.float32),
        together=np.full(len(flat), 5, dtype=np.int32),
        alone=np.full(products, 9, dtype=np.int32),
        baskets=50,
        tested=28,
    )


def relations_with(
    bought: dict[int, list[tuple[int, float]]] | None = None,
    viewed: dict[int, list[tuple[int, float]]] | None = None,
    trend: Sequence[tuple[int, float]] = (),
    pks: Sequence[int] = range(1, PRODUCTS + 1),
) -> ProductRelations:
    """Codes are rows, unless `pks` says otherwise."""
    keys = np.array(pks, dtype=np.int32)
    return ProductRelations(
        pks=keys,
        bought=relation_with(bought or {}, len(keys)),
        viewed=relation_with(viewed or {}, len(keys)),
        trend=Trend(
            np.array([code for code, _ in trend], dtype=np.int32),
            np.array([growth for _, growth in trend], dtype=np.float32),
            np.full(len(trend), 9, dtype=np.int32),
        ),
        as_of=AS_OF,
    )
