"""Two versions of a feature at once: each keeps its own numbers, whichever answers."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from apps.common.redis import redis_client
from apps.features.contracts import Entity, FeatureStatus
from apps.features.contracts_store import ComputeContext, Computed, Feature
from apps.features.domain.registry import (
    feature_of,
    feature_register,
    feature_unregister,
    features_wanted,
)
from apps.features.selectors import serving_snapshot
from apps.features.selectors_online import matrix_column, products_read
from apps.features.selectors_state import store_state
from apps.features.services_check import features_check
from apps.features.services_notes import feature_note_change
from tests.features.reading import IDS, products, refresh, shop_with_a_past
from tests.features.shop import NOW

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop() -> None:
    shop_with_a_past()


def test_two_versions_are_served_at_once_and_the_successor_takes_over(
    second_ctr: Feature,
) -> None:
    refresh()
    both = products_read(("a",), products("ctr@1.0.0", "ctr@2.0.0"))
    assert both.values[0, 1] == pytest.approx(1.0 - both.values[0, 0])
    assert products_read(("a",), products("ctr")).keys == ("ctr@1.0.0",)
    redis_client().flushdb()
    again = products_read(("a",), products("ctr@1.0.0", "ctr@2.0.0"))
    np.testing.assert_array_equal(again.values, both.values)
    feature_note_change(
        key="ctr@1.0.0", owner="x", status=FeatureStatus.DEPRECATED, successor="ctr@2.0.0",
        notes="", actor=None,
    )  # fmt: skip
    wanted = features_wanted((Entity.PRODUCT,), ["ctr"], records=store_state().records)
    assert [each.spec.key for each in wanted] == ["ctr@2.0.0"]
    assert products_read(("a",), products("ctr@1.0.0")).values[0, 0] == both.values[0, 0]
    # Also from a matrix that was published before the other version answered.
    redis_client().flushdb()
    after = products_read(("a",), products("ctr@1.0.0", "ctr@2.0.0"))
    np.testing.assert_array_equal(after.values, both.values)
    assert features_check(repair=False).consistent


def test_versions_of_a_weighed_feature_keep_their_numbers(second_popularity: Feature) -> None:
    refresh()
    names = ("popularity_score@1.0.0", "popularity_score@2.0.0")
    both = products_read(IDS, products(*names)).values
    assert both[0].tolist() == [1.0, 0.0]
    feature_note_change(
        key=names[0], owner="x", status=FeatureStatus.DEPRECATED, successor=names[1], notes="",
        actor=None,
    )  # fmt: skip
    redis_client().flushdb()
    np.testing.assert_array_equal(products_read(IDS, products(*names)).values, both)
    refresh(as_of=NOW + timedelta(minutes=5))
    snapshot = serving_snapshot()
    assert snapshot.features["popularity_score"][snapshot.columns.product_ids.row_of("a")] == 0.0


def test_matrices_by_bare_names_are_still_read() -> None:
    refresh()
    snapshot, state = serving_snapshot(), store_state()
    bare = {key.partition("@")[0]: values for key, values in snapshot.unweighed.items()}
    former = replace(snapshot, unweighed=bare)
    for key in ("ctr@1.0.0", "popularity_score@1.0.0"):
        np.testing.assert_array_equal(
            matrix_column(former, key, state), matrix_column(snapshot, key, state)
        )


def _turned(key: str) -> Iterator[Feature]:
    """A second version, of which every value is one less the first one's."""
    first = feature_of(key)
    compute = first.compute
    assert compute is not None

    def turned(context: ComputeContext) -> list[Computed]:
        return [replace(piece, values=1.0 - piece.values) for piece in compute(context)]

    second = replace(first, spec=replace(first.spec, version="2.0.0"), compute=turned)
    feature_register(second)
    yield second
    feature_unregister(second.spec.key)


@pytest.fixture
def second_ctr() -> Iterator[Feature]:
    yield from _turned("ctr@1.0.0")


@pytest.fixture
def second_popularity() -> Iterator[Feature]:
    yield from _turned("popularity_score@1.0.0")
