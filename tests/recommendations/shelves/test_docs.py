"""The guide's strategy runs as it is printed."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings

from apps.recommendations.contracts import StrategyName
from apps.recommendations.contracts_answers import Fallback, ReasonCode, ShelfAsk
from apps.recommendations.domain.recommending import recommend
from apps.recommendations.selectors.strategies import strategies_known, strategy_named
from tests.recommendations.shelves.stage import placement_of, world_of
from tests.recommendations.shelves.test_domain_recommending import ids

DOCS = (Path(settings.BASE_DIR) / "docs" / "recommendations.md").read_text(encoding="utf-8")


def test_the_guides_strategy_fills_a_shelf(monkeypatch: pytest.MonkeyPatch) -> None:
    name = StrategyName.NEW_ARRIVALS
    monkeypatch.setitem(strategies_known(), name, strategy_named(name))
    (block,) = re.findall(r"```python strategy\n(.*?)```", DOCS, re.DOTALL)
    exec(compile(block, "docs/recommendations.md", "exec"), {"__name__": "guide"})  # noqa: S102 - the guide of this repository
    made = strategy_named(name)
    assert made is not None
    world = world_of(placement=placement_of(name, weights={"search_score": 1.0}))
    found = recommend(ShelfAsk(k=3), replace(world, strategies={name: made}))
    assert ids(found) == ["p1", "p2", "p3"]
    prices = world.snapshot.columns.price
    assert np.array_equal(found.pool.evidence[:3], prices[found.rows].astype(np.float32))


@pytest.mark.parametrize("name", [*StrategyName, *Fallback, *ReasonCode])
def test_every_name_is_told(name: str) -> None:
    told = {"popular_in_category": "Popular in", "pinned": "pinned"}
    assert told.get(name, f"`{name}`") in DOCS
