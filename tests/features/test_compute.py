"""Each stored feature on a shop that is small enough to work it out by hand."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import Product
from apps.events.services.identity import identities_refresh
from apps.features.contracts import Entity
from apps.features.domain.registry import features_stored
from tests.features.shop import context_of, happen, shop_create, shown, values_of

pytestmark = pytest.mark.django_db
KEYS = [each.spec.key for each in features_stored()]


@pytest.fixture(autouse=True)
def _shop() -> None:
    shop_create()


def test_popularity_is_over_the_largest() -> None:
    happen(("purchase", "a", 0.001), ("view", "b", 14.001), ("impression", "c", 1))
    values = values_of("popularity_score@1.0.0")
    assert values["a"] == 1.0
    # log1p(2^-1) over log1p(3)
    assert values["b"] == pytest.approx(0.29248, abs=1e-3)
    assert values["c"] == 0.0


def test_freshness_halves_in_ninety_days() -> None:
    values = values_of("freshness_score@1.0.0")
    assert (values["a"], values["b"], values["c"]) == (0.5, 1.0, 0.0)


def test_conversion_counts_visitors_and_days_once() -> None:
    # c1: two views and a purchase of a on one day are one success; on another day one failure.
    happen(("view", "a", 1), ("view", "a", 1.01), ("purchase", "a", 1.02), ("view", "a", 3))
    happen(("view", "a", 1), client_id="c2")
    happen(("view", "b", 2), client_id="c3")
    values = values_of("conversion_rate@1.0.0")
    # a: 1 of 3, b: 0 of 1; 4 tries, 1 success: the shop's rate is 1/4. Two products of one
    # category, spread no more than chance would: strength 9,999; the category's rate is 1/4.
    assert values["a"] == pytest.approx(0.25, abs=1e-3)
    assert values["b"] == pytest.approx(0.25, abs=1e-3)
    assert values["f"] == pytest.approx(0.25)


def test_a_visit_before_login_converts_with_the_purchase_after_it() -> None:
    happen(("view", "d", 1.02), client_id="c9")
    happen(("purchase", "d", 1.01), client_id="c9", user_id="mara")
    identities_refresh()
    # One visitor and day, and it bought: 1 of 1, and no other product: the rate is 1.
    assert values_of("conversion_rate@1.0.0")["d"] == 1.0


def test_returns_are_refunds_of_purchases_and_never_more_than_all() -> None:
    happen(*[("purchase", "a", day) for day in range(1, 11)], ("refund", "a", 0.5))
    happen(*[("purchase", "d", day) for day in range(1, 11)])
    happen(("purchase", "b", 1), ("refund", "b", 0.9), ("refund", "b", 0.8))
    values = values_of("return_rate@1.0.0")
    assert 0.0 <= values["d"] < values["a"] < values["b"] <= 1.0
    assert values["c"] == pytest.approx(values["c"])


def test_a_click_far_down_counts_for_more() -> None:
    # Both are shown four times and clicked once; the standard curve halves the second place.
    for place in range(4):
        clicked = shown(["a", "d"], 1 + place)
        if place == 0:
            happen(("click", "a", 1), ("click", "d", 1), query_id=clicked)
    values = values_of("ctr@1.0.0")
    assert values["d"] > values["a"]
    # a: one of 4 looks; d: one of 4 · 1/2; overall 2/6; a strength of 20 where nothing spreads:
    # the category's prior is (s + 20/3) / (n + 20), and the product's (s + 20 · that) / (n + 20).
    audio, electronics = (1 + 20 / 3) / 24, (1 + 20 / 3) / 22
    assert values["a"] == pytest.approx((1 + 20 * audio) / 24, abs=1e-5)
    assert values["d"] == pytest.approx((1 + 20 * electronics) / 22, abs=1e-5)
    assert values["f"] == pytest.approx(1 / 3, abs=1e-6)


def test_second_pages_and_kept_positions_count_by_their_rank() -> None:
    shown(["b"], 1, positions=(1,))
    first = values_of("ctr@1.0.0")["b"]
    assert first == 0.0
    query = shown(["a", "b"], 2, positions=(1, 2))
    happen(("view", "b", 2), query_id=query)
    assert values_of("ctr@1.0.0")["b"] > 0.0


def test_without_searches_or_purchases_there_is_no_rate() -> None:
    assert values_of("ctr@1.0.0") == {}
    assert values_of("conversion_rate@1.0.0") == {}
    assert values_of("return_rate@1.0.0") == {}


def test_price_bands_are_of_the_active_catalogue() -> None:
    audio = Product.objects.get(product_id="a").category
    for number in range(10):
        Product.objects.create(
            product_id=f"p{number}", title="t", price=100 * number, category=audio
        )
    values = values_of("price_band@1.0.0")
    assert values["p0"] == 1.0
    assert values["p9"] == 5.0
    assert values["f"] == values["a"] == 1.0


def test_stock_pressure_is_last_weeks_demand_over_stock() -> None:
    happen(("purchase", "a", 1), ("purchase", "a", 6), quantity=5)
    happen(("purchase", "a", 8))
    happen(
        ("purchase", "b", 2), ("purchase", "b", 9), ("purchase", "b", 10), ("purchase", "b", 11)
    )
    values = values_of("stock_pressure@1.0.0")
    # 10 of 10 pieces; 1 where 3 were sold in the four weeks before; sold out; none left; unwanted
    assert [values[each] for each in "abcde"] == [0.5, 0.25, 1.0, 1.0, 0.0]


@pytest.mark.parametrize("key", KEYS)
def test_nothing_that_happens_later_is_seen(key: str) -> None:
    happen(("view", "a", 2), ("purchase", "a", 1.9), user_id="mara")
    happen(("view", "b", 1), client_id="c7")
    happen(("click", "a", 1), query_id=shown(["b", "a"], 1))
    identities_refresh()
    before = values_of(key)
    for days_ago in (0.0, -1.0, -30.0):
        query = shown(["a", "c", "e"], days_ago)
        happen(
            ("click", "e", days_ago), ("add_to_cart", "e", days_ago), ("purchase", "e", days_ago),
            ("refund", "a", days_ago), query_id=query, user_id="tom", client_id="c7",
        )  # fmt: skip
    identities_refresh()
    assert values_of(key) == pytest.approx(before, nan_ok=True)


@pytest.mark.parametrize("feature", features_stored(Entity.PRODUCT), ids=lambda f: f.spec.key)
def test_one_statement_a_feature(feature: object) -> None:
    happen(("click", "a", 1), query_id=shown(["b", "a"], 1))
    context = context_of()
    compute = feature.compute  # type: ignore[attr-defined]  # parametrised
    with CaptureQueriesContext(connection) as asked:
        list(compute(context))
    # A click-through rate reads the lists besides, for its places: log, gains, tree.
    most = {"ctr": 4, "freshness_score": 0, "price_band": 0}
    assert len(asked) == most.get(feature.spec.name, 1)  # type: ignore[attr-defined]  # the same
