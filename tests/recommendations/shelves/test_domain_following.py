"""What of the shopper's own is weighed, and when it is not."""

from dataclasses import replace

import numpy as np
import pytest

from apps.events.contracts import EventType
from apps.features.contracts import REVISIT_SCORE, SESSION_BOOST
from apps.ranking.domain.records import hit_record
from apps.recommendations.contracts import Float32, Int32, Personalisation, Shopper
from apps.recommendations.contracts_answers import ShelfAsk
from apps.recommendations.domain.recommending import recommend
from apps.recommendations.domain.shelf_ranking import STRATEGY_ORDER
from tests.recommendations.shelves.stage import Finds, S, affinity_made, world_of
from tests.recommendations.shelves.test_domain_recommending import history, ids, visit


def test_affinity_and_visit_are_weighed_and_switched_off() -> None:
    scores = np.zeros(8, dtype=np.float32)
    world = world_of(
        affinity=lambda _who, _snap, _at: affinity_made(np.roll(scores + 0.5, 1)),
        boosts=lambda _who, _snap, rows: (rows == 0).astype(np.float32),
    )
    shopper = Shopper(history=history(("p1", 1, True)), session=visit((EventType.VIEW, "p1")))
    found = recommend(ShelfAsk(k=8, shopper=shopper), world)
    record = hit_record(found.ranking, ids(found).index("p1") + 1)
    assert record.contributions[SESSION_BOOST] == pytest.approx(0.15)
    assert record.contributions["cf_score"] > 0.0
    off = replace(world, personalisation=Personalisation(history=False, session=False))
    found = recommend(ShelfAsk(k=8, shopper=shopper), off)
    assert SESSION_BOOST not in found.ranking.feature_names
    assert found.ranking.weights.shared_out == ("cf_score",)
    assert found.shopping.affinity is None
    assert not len(found.shopping.shopper.history)
    assert found.shopping.shopper.session is None


def test_candidates_alone_are_scored_where_no_strategy_needs_the_catalogue() -> None:
    asked: list[int] = []

    def of_rows(_who: object, _snapshot: object, rows: Int32, _at: float) -> Float32:
        asked.append(len(rows))
        return np.full(len(rows), 0.5, dtype=np.float32)

    everything = affinity_made(np.full(8, 0.5, dtype=np.float32))
    world = world_of(
        Finds(S.SIMILAR, "p1"),
        affinity=lambda _who, _snapshot, _at: everything,
        row_affinity=of_rows,
    )
    found = recommend(ShelfAsk(k=1), world)
    assert asked == [1]
    assert found.shopping.affinity is None
    assert found.ranking.features["cf_score"].tolist() == [0.5]
    for_you = world_of(Finds(S.FOR_YOU, "p1"), affinity=world.affinity, row_affinity=of_rows)
    assert recommend(ShelfAsk(k=1), for_you).shopping.affinity is everything
    off = replace(world, personalisation=Personalisation(history=False))
    assert "cf_score" not in recommend(ShelfAsk(k=1), off).ranking.features
    assert asked == [1]


def test_what_was_seen_before_is_weighed_as_a_part_of_the_history() -> None:
    world = world_of(
        Finds(S.TRENDING, "p1", "p2", "p3"),
        Finds(S.POPULAR, "p4"),
        revisits=lambda _who, _snap, rows, _at: (rows == 1).astype(np.float32),
    )
    world = replace(world, personalisation=Personalisation(revisit_weight=1.0))
    shopper = Shopper(history=history(("p2", 1, False)))
    found = recommend(ShelfAsk(k=4, shopper=shopper), world)
    assert ids(found)[0] == "p2"
    record = hit_record(found.ranking, 1)
    assert record.contributions[REVISIT_SCORE] == pytest.approx(1.0)
    # Whatever follows the shopper, what an earlier strategy found stands first.
    assert dict(found.ranking.weights.weights)[STRATEGY_ORDER] == pytest.approx(2.15)
    assert ids(found)[-1] == "p4"
    off = replace(world, personalisation=Personalisation(history=False, revisit_weight=1.0))
    assert REVISIT_SCORE not in recommend(ShelfAsk(k=4, shopper=shopper), off).ranking.features
