"""A shopper's category affinity in a request is what the store has of them."""

from datetime import timedelta

import numpy as np
import pytest

from apps.catalog.models import Product
from apps.events.contracts_history import DayLines
from apps.events.selectors_history import history_of_user
from apps.events.services.identity import identities_refresh
from apps.features.contracts_store import Deeds
from apps.features.domain.definitions import USER_BRAND_AFFINITY, USER_CATEGORY_AFFINITY
from apps.features.selectors import serving_snapshot
from apps.features.selectors_affinity import brands_of_users, categories_of_users
from apps.features.selectors_demand import feature_demanded
from apps.recommendations.contracts import Shopper, Shopping
from apps.recommendations.domain.histories import history_of, lines_joined
from apps.recommendations.domain.liking import category_deeds, category_liking
from tests.features.catalogue import TREE
from tests.features.shop import NOW, happen, shop_create, values_of
from tests.recommendations.relations.shop import history_of as lines_of
from tests.recommendations.relations.shop import shopping_of, snapshot_of

KINDS = ("view", "click", "add_to_cart", "purchase", "view", "refund")
USERS = ("mara", "tom", "ada")


@pytest.fixture
def _lived(db: None) -> None:
    """Three shoppers for 120 days, at home and before they logged in, with things given back."""
    shop_create()
    Product.objects.filter(product_id__in=["a", "d", "f"]).update(brand="HP")
    Product.objects.filter(product_id="e").update(brand="Dell")
    random = np.random.default_rng(7)
    for user in USERS:
        for named in (user, None):
            happen(
                *[
                    (str(random.choice(KINDS)), str(random.choice([*"abcdef", "gone"])), days)
                    for days in (0.05 + 120 * random.random(35) ** 2).tolist()
                ],
                user_id=named,
                client_id=f"client-{user}",
            )
    # All of c came back; a day at the window's edge, both sides of which are of one UTC day.
    happen(("view", "c", 40), ("purchase", "c", 39), ("refund", "c", 0.01), user_id="mara",
           quantity=9)  # fmt: skip
    happen(("add_to_cart", "b", 90.2), ("view", "b", 89.9), user_id="ada")
    identities_refresh()


def _shopping(user: str) -> Shopping:
    lines = history_of_user(user, as_of=NOW, client_id=f"client-{user}")
    shopping = shopping_of(snapshot_of(), shopper=Shopper(history=history_of(lines)))
    snapshot = serving_snapshot()
    return Shopping(
        snapshot, shopping.shopper, None, shopping.context, shopping.allowed, -1, 5,
        NOW.timestamp(),
    )  # fmt: skip


@pytest.mark.usefixtures("_lived")
def test_a_request_says_what_the_store_says() -> None:
    stored, brands = categories_of_users(USERS, NOW), brands_of_users(USERS, NOW)
    assert {(user, path) for user in USERS for path in stored[user]} == set(
        values_of("user_category_affinity@2.0.0")
    )
    for user in USERS:
        shopping = _shopping(user)
        assert len(shopping.shopper.history.lines or ()) > len(shopping.shopper.history)
        deeds = category_deeds(shopping)
        found = feature_demanded(USER_CATEGORY_AFFINITY, deeds)
        paths = [node.path for node in shopping.snapshot.tree.categories]
        live = {path: float(found[code]) for code, path in enumerate(paths) if found[code]}
        assert live
        assert live == pytest.approx(stored[user], abs=1e-6)
        assert _brands(shopping, deeds) == pytest.approx(brands[user], abs=1e-6)


def _brands(shopping: Shopping, deeds: Deeds) -> dict[str, float]:
    columns, lines = shopping.snapshot.columns, shopping.shopper.history.lines
    assert lines is not None
    rows = columns.product_ids.rows_of(lines.product_ids)
    codes = columns.brand[rows[rows >= 0]]
    told = Deeds(codes, deeds.weights, len(columns.brands), deeds.ages_days)
    found = feature_demanded(USER_BRAND_AFFINITY, told)
    return {columns.brands[code]: float(found[code]) for code in np.flatnonzero(found)}


@pytest.mark.usefixtures("_lived")
def test_what_just_happened_counts_at_once() -> None:
    shopping = _shopping("tom")
    before = feature_demanded(USER_CATEGORY_AFFINITY, category_deeds(shopping))
    audio = shopping.snapshot.tree.by_path("electronics/audio")
    assert audio is not None
    moment = NOW.timestamp()
    visit = DayLines(
        ("a",), np.array([int(moment // 86_400)], np.int32), np.array([3.0], np.float32),
        np.array([moment]), np.array([moment]),
    )  # fmt: skip
    lines = shopping.shopper.history.lines
    assert lines is not None
    joined = Shopper(history=history_of(lines_joined(lines, visit)))
    after = feature_demanded(
        USER_CATEGORY_AFFINITY,
        category_deeds(
            Shopping(shopping.snapshot, joined, None, shopping.context, shopping.allowed, -1, 5,
                     moment)
        ),
    )  # fmt: skip
    assert after[audio.code] > before[audio.code]
    assert categories_of_users(["tom"], NOW + timedelta(days=1)) != {}


def test_liking_is_over_the_best_and_siblings_are_liked_by_half() -> None:
    electronics, audio, books = (
        TREE.by_path(path) for path in ("electronics", "electronics/audio", "books")
    )
    assert electronics and audio and books  # noqa: PT018 - the tree has them
    shares = np.zeros(len(TREE) + 1, dtype=np.float32)
    assert category_liking(shares, TREE) is None
    shares[audio.code], shares[books.code] = 0.6, 0.3
    liking = category_liking(shares, TREE)
    assert liking is not None
    assert liking[[audio.code, electronics.code, books.code, -1]].tolist() == pytest.approx(
        [1.0, 0.5, 0.5, 0.0]
    )


def test_without_days_each_product_is_one_line() -> None:
    history = lines_of(("p3", 1.0, True), ("gone", 2.0, False))
    found = category_deeds(shopping_of(snapshot_of(), shopper=Shopper(history=history)))
    assert found.weights.tolist() == [3.0]
    assert found.ages_days is not None
    assert found.ages_days.tolist() == pytest.approx([1.0])
    nobody = category_deeds(shopping_of(snapshot_of()))
    assert len(nobody.codes) == 0
