from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.catalog.domain.columns import columns_build, columns_patch
from apps.catalog.domain.tree import CategoryNode, tree_build
from apps.common.domain.string_table import TextBlob
from apps.features.contracts import (
    FEATURE_NAMES,
    FRESHNESS_SCORE,
    POPULARITY_SCORE,
    DisplayDocuments,
    ServingSnapshot,
)
from apps.features.domain.scores import freshness_scores, popularity_order, popularity_scores
from apps.features.domain.serving import (
    interaction_totals,
    rows_before,
    snapshot_at,
    snapshot_build,
    snapshot_follow,
)
from tests.features.catalogue import AS_OF, DAY, TREE, columns_of, product_row

# A busy machine is slow, and that is no finding.
few = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def built(*pks: int, totals: list[float] | None = None) -> ServingSnapshot:
    return snapshot_build(
        columns=columns_of(*(product_row(pk) for pk in pks)),
        tree=TREE,
        totals=None if totals is None else np.array(totals),
        as_of=AS_OF,
        freshness_half_life_days=90.0,
    )


def test_the_registry_is_the_conventions_four() -> None:
    assert FEATURE_NAMES == ("search_score", "cf_score", "popularity_score", "freshness_score")


def test_freshness_halves_every_half_life() -> None:
    released = np.array([AS_OF, AS_OF - 30 * DAY, AS_OF - 60 * DAY, AS_OF + DAY, np.nan])
    scores = freshness_scores(released, as_of=AS_OF, half_life_days=30.0)
    assert scores.dtype == np.float32
    assert scores.tolist() == [1.0, 0.5, 0.25, 1.0, 0.0]


@few
@given(st.lists(st.floats(0, 1e9), max_size=30))
def test_popularity_is_in_the_unit_interval_and_keeps_the_order(totals: list[float]) -> None:
    scores = popularity_scores(np.array(totals, dtype=np.float64))
    assert ((scores >= 0) & (scores <= 1)).all()
    ranked = np.argsort(totals, kind="stable")
    assert (np.diff(scores[ranked]) >= 0).all()
    if max(totals, default=0) > 0:
        assert scores.max() == 1.0


def test_popularity_is_log1p_over_log1p_of_the_largest() -> None:
    # log(1+1)/log(1+3) = 1/2
    assert popularity_scores(np.array([0.0, 1.0, 3.0])).tolist() == [0.0, 0.5, 1.0]


def test_nobody_touched_anything() -> None:
    assert popularity_scores(np.zeros(3)).tolist() == [0.0, 0.0, 0.0]


def test_popular_first_then_by_key() -> None:
    popularity = np.array([0.5, 1.0, 0.5, 0.0], dtype=np.float32)
    keys = np.array([9, 8, 7, 6], dtype=np.int32)
    assert popularity_order(popularity, keys).tolist() == [1, 2, 0, 3]


def test_totals_go_to_their_rows_and_never_below_zero() -> None:
    columns = columns_of(product_row(1), product_row(2), product_row(3))
    totals = interaction_totals(columns, [("p3", 4.0), ("gone", 9.0), ("p1", -2.0)])
    assert totals.tolist() == [0.0, 0.0, 4.0]


def test_without_interactions_popularity_has_no_source() -> None:
    snapshot = built(5, 4)
    assert POPULARITY_SCORE not in snapshot.features
    assert snapshot.popularity_order.tolist() == [1, 0]
    assert snapshot.documents.get(0) is None


def test_unchanged_columns_follow_to_the_same_snapshot() -> None:
    snapshot = built(1, 2, totals=[1.0, 3.0])
    assert snapshot_follow(snapshot, snapshot.columns) is snapshot
    assert snapshot_at(snapshot, TREE, as_of=AS_OF) is snapshot


def test_new_products_follow_with_popularity_zero_and_their_own_freshness() -> None:
    snapshot = built(1, 2, totals=[1.0, 3.0])
    columns = columns_patch(
        snapshot.columns, [product_row(3, released=AS_OF)], [], TREE, as_of=AS_OF
    )
    followed = snapshot_follow(snapshot, columns)
    assert followed.features[POPULARITY_SCORE].tolist() == [0.5, 1.0, 0.0]
    assert followed.features[FRESHNESS_SCORE].tolist() == [0.5, 0.5, 1.0]
    assert followed.popularity_order.tolist() == [1, 0, 2]


def test_an_edited_product_keeps_the_order_array() -> None:
    snapshot = built(1, 2, totals=[1.0, 3.0])
    columns = columns_patch(
        snapshot.columns, [product_row(2, list_price=5.0)], [], TREE, as_of=AS_OF
    )
    followed = snapshot_follow(snapshot, columns)
    assert followed.popularity_order is snapshot.popularity_order
    assert followed.columns.price.tolist() == [10.0, 5.0]


def test_other_columns_with_the_same_products_keep_features() -> None:
    snapshot = built(1, 2, totals=[1.0, 3.0])
    followed = snapshot_follow(snapshot, replace(snapshot.columns, horizon=9))
    assert followed.features[FRESHNESS_SCORE] is snapshot.features[FRESHNESS_SCORE]
    assert followed.columns.horizon == 9


@few
@given(
    st.lists(st.integers(1, 30), unique=True),
    st.lists(st.integers(1, 30), unique=True),
    st.lists(st.integers(1, 30), unique=True),
)
def test_rows_move_with_their_products(
    first: list[int], second: list[int], third: list[int]
) -> None:
    snapshot = built(*first, totals=[float(pk) for pk in first])
    packed = TextBlob.of([f"document {pk}" for pk in first])
    snapshot = replace(snapshot, documents=DisplayDocuments(packed))
    popularity = dict(zip(first, snapshot.features[POPULARITY_SCORE].tolist(), strict=True))
    # Twice, as after two large imports; products that left come back as new ones.
    for pks, known in ((second, set(first)), (third, set(first) & set(second))):
        columns = columns_of(*(product_row(pk) for pk in pks))
        snapshot = snapshot_follow(snapshot, columns)
        for row, pk in enumerate(pks):
            expected = popularity[pk] if pk in known else 0.0
            assert snapshot.features[POPULARITY_SCORE][row] == np.float32(expected)
            places = snapshot.documents.places
            place = row if places is None else int(places[row])
            found = packed.get(place) if 0 <= place < len(packed) else None
            assert found == (f"document {pk}" if pk in known else None)
        assert sorted(snapshot.popularity_order.tolist()) == list(range(len(pks)))


def test_rows_before_knows_new_ones() -> None:
    before = columns_of(product_row(4), product_row(2))
    after = columns_of(product_row(2), product_row(3), product_row(99))
    assert rows_before(before, after).tolist() == [1, -1, -1]


def test_sales_and_an_edited_tree_are_followed() -> None:
    row = product_row(1, sale_price=8.0, sale_starts=AS_OF + DAY, sale_ends=AS_OF + 2 * DAY)
    snapshot = replace(built(1), columns=columns_build([row], TREE, as_of=AS_OF))
    moved = tree_build(
        [
            CategoryNode(5, None, "Art", "art"),
            CategoryNode(10, None, "Electronics", "electronics"),
            CategoryNode(11, 10, "Audio", "electronics/audio"),
        ]
    )
    later = snapshot_at(snapshot, moved, as_of=AS_OF + DAY)
    assert later.columns.price.tolist() == [8.0]
    assert later.tree is moved
    assert moved.categories[int(later.columns.category[0])].path == "electronics/audio"


@pytest.mark.parametrize("row", [-1, 5])
def test_documents_outside_are_none(row: int) -> None:
    assert DisplayDocuments(TextBlob.of([""])).get(row) is None
