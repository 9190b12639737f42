"""A catalogue in memory, strategies that find what they are told, and worlds of both."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np

from apps.features.contracts import ServingSnapshot
from apps.features.domain.serving import snapshot_build
from apps.ranking_weights.contracts import ResolvedWeights
from apps.ranking_weights.domain.resolve import weights_resolve_from
from apps.recommendations.contracts import (
    Affinity,
    Constraints,
    Float32,
    Mix,
    Placement,
    PlacementName,
    Shopping,
    Sourced,
    StrategyName,
    StrategyUse,
)
from apps.recommendations.contracts_answers import World
from tests.features.catalogue import AS_OF, TREE, columns_of, product_row

MOMENT = datetime.fromtimestamp(AS_OF, tz=UTC)
S = StrategyName


def snapshot_made(**changed: Mapping[str, object]) -> ServingSnapshot:
    """p1 … p8, by their ids: odd ones are audio, even ones books; p8 is the most popular."""
    rows = [
        product_row(
            pk,
            **{
                "category_id": 11 if pk % 2 else 20,
                "brand": "HP" if pk < 5 else "Sony",
                "list_price": 10.0 * pk,
                **changed.get(f"p{pk}", {}),
            },
        )
        for pk in range(1, 9)
    ]
    return snapshot_build(
        columns=columns_of(*rows),
        tree=TREE,
        totals=np.arange(8, dtype=np.float64),
        as_of=AS_OF,
        freshness_half_life_days=30.0,
    )


class Finds:
    """A strategy that finds products by their ids."""

    title = "A test's own"

    def __init__(
        self, name: StrategyName, *ids: str, scores: Sequence[float] = (), because: str = ""
    ) -> None:
        self.name, self.ids = name, ids
        self.scores, self.because = scores, because
        self.asked: list[Shopping] = []

    def __call__(self, shopping: Shopping) -> Sourced:
        self.asked.append(shopping)
        names = shopping.snapshot.columns.product_ids
        scores = self.scores or [1.0 - at / 10 for at in range(len(self.ids))]
        found = [
            (names.row_of(each), score)
            for each, score in zip(self.ids, scores, strict=True)
            if shopping.allowed[names.row_of(each)]
        ][: shopping.wanted]
        because = names.row_of(self.because) if self.because else -1
        return Sourced(
            np.array([row for row, _ in found], dtype=np.int32),
            np.array([score for _, score in found], dtype=np.float32),
            np.full(len(found), because, dtype=np.int32),
            np.full(len(found), np.nan, dtype=np.float32),
        )


def placement_of(*strategies: StrategyName, **changed: object) -> Placement:
    given: dict[str, object] = {"constraints": Constraints(in_stock=False), "mix": Mix.FIRST}
    return Placement(
        PlacementName.HOME,
        "Home",
        tuple(StrategyUse(name) for name in strategies),
        **{**given, **changed},  # type: ignore[arg-type]  # field by field
    )


def weigh(about: str | None, available: frozenset[str]) -> ResolvedWeights:
    return weights_resolve_from(published={}, category_path=about, available=available)


def world_of(
    *strategies: Finds, snapshot: ServingSnapshot | None = None, placement: Placement | None = None,
    **changed: object,
) -> World:  # fmt: skip
    return World(
        snapshot=snapshot or snapshot_made(),
        placement=placement or placement_of(*(each.name for each in strategies)),
        strategies={each.name: each for each in strategies},
        weigh=weigh,
        as_of=MOMENT,
        **changed,  # type: ignore[arg-type]  # field by field
    )


def affinity_made(scores: Float32) -> Affinity:
    return Affinity(scores, 1.0, 9, "model", np.zeros(len(scores), dtype=np.bool_), 7)
