"""Shoppers, a small catalogue and a small trained model, for tests of affinities."""

from collections.abc import Mapping, Sequence

import numpy as np

from apps.common.domain.string_table import StringTable
from apps.features.contracts import ServingSnapshot
from apps.features.domain.serving import snapshot_build
from apps.recommendations.contracts import BoolArray, Float32, History, Int32
from apps.recommendations.contracts_models import Family, ModelCard
from apps.recommendations.domain.blending import BlendModel, Parts, Recipe
from apps.recommendations.domain.parts import FactorPart, neighbours_empty
from tests.features.catalogue import AS_OF, DAY, TREE, columns_of, product_row

FACTORS = 4
LAMBDA, ALPHA = 0.1, 2.0


def snapshot_of(
    count: int, popular: Mapping[str, float] | None = None, inactive: Sequence[int] = ()
) -> ServingSnapshot:
    """Products p1 … p<count>; with interaction totals by product id, or without popularity."""
    columns = columns_of(
        *[product_row(pk, active=pk not in inactive) for pk in range(1, count + 1)]
    )
    totals = None
    if popular is not None:
        totals = np.zeros(count)
        for product_id, total in popular.items():
            totals[columns.product_ids.row_of(product_id)] = total
    return snapshot_build(
        columns=columns, tree=TREE, totals=totals, as_of=AS_OF, freshness_half_life_days=30.0
    )


def model_of(
    product_ids: Sequence[str],
    users: Sequence[str] = (),
    *,
    number: int = 1,
    as_of: float = AS_OF,
    seed: int = 3,
    factors: int = FACTORS,
) -> BlendModel:
    """ALS alone, its products' factors drawn, its users' drawn too: any history can be solved."""
    random = np.random.default_rng(seed)
    products = random.random((len(product_ids), factors), dtype=np.float32)
    gram = (products.T @ products + LAMBDA * np.eye(factors)).astype(np.float32)
    count = len(product_ids)
    return BlendModel(
        card=ModelCard(
            number, as_of, 0.0, len(users), count, 0, {Family.ALS: 1.0},
            {"half_life_days": 90.0}, {},
        ),
        product_ids=StringTable.build(product_ids),
        user_ids=StringTable.build(users),
        trained=random.random((len(users), factors), dtype=np.float32),
        parts=Parts(
            FactorPart(products, gram, ALPHA),
            {Family.EASE: neighbours_empty(count), Family.ITEM_ITEM: neighbours_empty(count)},
            np.zeros(count, dtype=np.float32),
            np.ones(count, dtype=np.float32),
            90.0,
            90.0,
            {},
        ),
        recipe=Recipe({Family.ALS: 1.0}),
        lean=np.ones(count, dtype=np.float32),
    )  # fmt: skip


def history_made(*product_ids: str, days_ago: float = 1.0) -> History:
    """Bought in this order, the last one first, a minute apart."""
    count = len(product_ids)
    at = AS_OF - days_ago * DAY - 60.0 * np.arange(count, dtype=np.float64)
    return History(
        tuple(product_ids), np.full(count, 3.0, dtype=np.float32), at,
        np.ones(count, dtype=np.bool_), at,
    )  # fmt: skip


class TableVectors:
    """Vectors from a table by primary key: row pk - 1."""

    def __init__(self, vectors: Float32) -> None:
        lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        self.table = (vectors / lengths).astype(np.float32)
        self.known: BoolArray = np.any(vectors != 0.0, axis=1)

    def vectors_of(self, pks: Int32) -> tuple[Float32, BoolArray] | None:
        return self.table[pks - 1], self.known[pks - 1]

    def cosines_of(self, vector: Float32, pks: Int32) -> Float32 | None:
        cosines: Float32 = self.table[pks - 1] @ vector
        return cosines

    def nearest(self, vector: Float32, k: int) -> tuple[Int32, Float32] | None:
        cosines = self.table @ vector
        best = np.argsort(-cosines, kind="stable")[:k]
        return (best + 1).astype(np.int32), cosines[best]
