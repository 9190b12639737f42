"""What rules do to rows: remembered for a while, and never in the way of an answer."""

from dataclasses import replace

import numpy as np
import pytest

from apps.catalog.contracts import FilterSet, ProductColumns
from apps.catalog.domain.filters import ATTRIBUTE_PREFIX, filters_parse
from apps.features.contracts import ServingSnapshot
from apps.features.domain.serving import snapshot_build
from apps.merchandising.contracts_acting import ActingRules
from apps.merchandising.contracts_rules import Hide, Pin, Rewrite, Target
from apps.ranking.domain import rule_effects, rule_targets
from apps.ranking.domain.rule_effects import rules_effect
from apps.ranking.domain.rule_targets import pinned_row, product_row, target_rows
from tests.features.catalogue import AS_OF, TREE, columns_of
from tests.features.catalogue import product_row as row_made


def _snapshot(columns: ProductColumns) -> ServingSnapshot:
    return snapshot_build(
        columns=columns, tree=TREE, totals=None, as_of=AS_OF, freshness_half_life_days=30.0
    )


@pytest.fixture
def snapshot() -> ServingSnapshot:
    return _snapshot(columns_of(*[row_made(pk) for pk in range(1, 6)]))


def _hiding(product: str) -> ActingRules:
    return ActingRules(hides=(("rule", Hide(Target((product,)))),))


def test_other_rewrites_are_told_beside_the_same_effect(snapshot: ServingSnapshot) -> None:
    first = _hiding("p1")
    other = replace(first, rewrites=(("rule", Rewrite("a", "b")),))
    found, again = (
        rules_effect(acting, snapshot, FilterSet(), places=True) for acting in (first, other)
    )
    assert again.acting is other
    assert again.hidden is found.hidden
    assert found.acting is first


def test_what_is_remembered_is_bounded(
    snapshot: ServingSnapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule_effects, "_MOST_EFFECTS", 1)
    monkeypatch.setattr(rule_targets, "_MOST_TARGETS", 1)
    for places in (True, False):
        found = rules_effect(_hiding("p2"), snapshot, FilterSet(), places=places)
        assert found.hidden is not None
        assert np.flatnonzero(found.hidden).tolist() == [1]
    held = rule_effects._last.effects
    assert held is not None
    assert len(held[1]) == 1
    for pk in (1, 2, 3):
        assert target_rows(Target((f"p{pk}",)), snapshot).tolist() == [pk - 1]
        assert pinned_row(Pin(f"p{pk}", 1), snapshot) == pk - 1
    assert len(rule_targets._last[0].rows) == len(rule_targets._last[0].pinned) == 1


def test_a_filter_that_the_catalogue_does_not_know_leaves_pins_alone(
    snapshot: ServingSnapshot,
) -> None:
    acting = ActingRules(pins=(("rule", Pin("p3", 1)),))
    unknown = filters_parse({f"filter[{ATTRIBUTE_PREFIX}voltage]": ("230",)})
    found = rules_effect(acting, snapshot, unknown, places=True)
    assert [pin.row for pin in found.pins] == [2]
    left_out = filters_parse({"filter[brand]": ("Dell",)})
    assert not rules_effect(acting, snapshot, left_out, places=True).pins


def test_a_product_that_came_again_is_its_living_row() -> None:
    columns = columns_of(*[row_made(pk) for pk in (1, 2)], row_made(9, product_id="p1"))
    rows_of_pk = np.array(columns.row_of_pk)
    rows_of_pk[1] = -1
    again = replace(columns, row_of_pk=rows_of_pk)
    assert product_row(again, "p1") == 2
    assert product_row(again, "p7") == -1
