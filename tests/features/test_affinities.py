"""Which categories and brands somebody likes: one definition, in the database and in a request."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from prometheus_client import REGISTRY
from pytest_django import DjangoAssertNumQueries

from apps.catalog.models import Product
from apps.events.contracts_sessions import SessionShares
from apps.events.services.identity import identities_refresh
from apps.features.contracts import Float64, Int32
from apps.features.contracts_store import Deeds, FeatureUnknown, FeatureUnsuited
from apps.features.domain.affinities import session_affinity, user_affinity
from apps.features.domain.definitions import SESSION_CATEGORY_AFFINITY, USER_CATEGORY_AFFINITY
from apps.features.selectors import serving_snapshot
from apps.features.selectors_affinity import (
    brands_of_users,
    categories_of_users,
)
from apps.features.selectors_demand import feature_demanded, session_shares
from tests.features.shop import NOW, happen, shop_create, values_of

CATEGORIES, BRANDS = "user_category_affinity@2.0.0", "user_brand_affinity@1.0.0"


def deeds(codes: list[int], weights: list[float], ages: list[float] | None = None) -> Deeds:
    days = None if ages is None else np.array(ages)
    return Deeds(np.array(codes, dtype=np.int32), np.array(weights), 3, days)


def liked(*told: list[float] | list[int], most: int = 20) -> list[float]:
    found = user_affinity(deeds(*told), window_days=90, half_life_days=14, most=most)  # type: ignore[arg-type]  # by place
    shares: list[float] = found.tolist()
    return shares


def test_shares_go_to_codes_and_what_has_none_counts_for_nobody() -> None:
    found = session_affinity(deeds([2, 0, 2, -1], [4, 3, 2, 1]))
    assert found.tolist() == pytest.approx([0.3, 0.0, 0.6, 0.0])
    assert found.dtype == np.float32
    assert session_affinity(deeds([], [])).tolist() == [0.0] * 4


def test_deeds_halve_and_go_past_the_window() -> None:
    told = [0, 1, 2], [1.0, 2.0, 9.0], [0.0, 14.0, 90.5]
    assert liked(*told) == pytest.approx([0.5, 0.5, 0.0, 0.0])
    # What a clock ahead of ours tells is of now.
    assert liked([0, 1], [1.0, 1.0], [-5.0, 0.0]) == pytest.approx([0.5, 0.5, 0.0, 0.0])
    assert liked([0], [1.0], [91.0]) == [0.0] * 4
    assert liked([0, 1], [1.0, 3.0]) == pytest.approx([0.25, 0.75, 0.0, 0.0])


def test_the_largest_shares_are_kept() -> None:
    assert liked([0, 1, 2], [1.0, 3.0, 4.0], most=2) == pytest.approx([0, 3 / 8, 4 / 8, 0])


@given(
    arrays(np.int32, 6, elements=st.integers(-1, 2)),
    arrays(np.float64, 6, elements=st.floats(0, 3)),
    arrays(np.float64, 6, elements=st.floats(0, 200)),
)
def test_shares_are_shares(codes: Int32, weights: Float64, ages: Float64) -> None:
    for found in (
        session_affinity(Deeds(codes, weights, 3)),
        user_affinity(Deeds(codes, weights, 3, ages), window_days=90, half_life_days=14, most=20),
    ):
        assert (found >= 0).all()
        assert found.sum() <= 1 + 1e-6
        assert found[-1] == 0.0


@pytest.fixture
def _shop(db: None) -> None:
    shop_create()
    Product.objects.filter(product_id__in=["a", "d"]).update(brand="HP")
    Product.objects.filter(product_id="f").update(brand="Dell")


@pytest.mark.usefixtures("_shop")
def test_affinity_is_the_decayed_share_of_a_users_interactions() -> None:
    happen(("purchase", "a", 0), user_id="mara", client_id=None)
    happen(("view", "d", 14), ("view", "f", 28), user_id="mara", client_id=None)
    happen(("view", "a", 1), client_id="nobody")
    happen(("view", "gone", 1), user_id="mara", client_id=None)
    as_of = NOW + timedelta(microseconds=1)
    categories, brands = values_of(CATEGORIES, as_of), values_of(BRANDS, as_of)
    # 3, 2^-1 and, of no category, 2^-2; a product that the catalogue lacks is nothing.
    assert categories == {
        ("mara", "electronics/audio"): pytest.approx(3 / 3.75, abs=1e-4),
        ("mara", "electronics"): pytest.approx(0.5 / 3.75, abs=1e-4),
    }
    assert brands == {
        ("mara", "HP"): pytest.approx(3.5 / 3.75, abs=1e-4),
        ("mara", "Dell"): pytest.approx(0.25 / 3.75, abs=1e-4),
    }
    for found, values in (
        (categories_of_users(["mara", "tom"], as_of), categories),
        (brands_of_users(["mara", "tom"], as_of), brands),
    ):
        assert found == {"mara": {key[1]: share for key, share in values.items()}}


@pytest.mark.usefixtures("_shop")
def test_a_product_counts_once_a_day_and_not_when_it_was_given_back() -> None:
    # NOW is at noon: 0.1 and 0.2 days ago are of one day.
    happen(("view", "a", 0.1), ("add_to_cart", "a", 0.2), ("view", "d", 0.1), user_id="mara")
    happen(("view", "b", 5), ("purchase", "b", 4), ("refund", "b", 3), user_id="mara")
    assert values_of(CATEGORIES) == {
        ("mara", "electronics/audio"): pytest.approx(2 / 3),
        ("mara", "electronics"): pytest.approx(1 / 3),
    }


@pytest.mark.usefixtures("_shop")
def test_a_refund_is_judged_with_purchases_before_the_window() -> None:
    happen(("view", "d", 1), user_id="mara")
    # Two were bought, one of them long ago, and one came back: it stays bought.
    happen(("purchase", "a", 120), ("purchase", "a", 20), ("refund", "a", 10), user_id="mara")
    # Looked at, and then all of what was bought long ago came back.
    happen(("purchase", "e", 120), ("view", "e", 20), ("refund", "e", 10), user_id="tom")
    happen(("view", "a", 1), user_id="tom")
    found = values_of(CATEGORIES)
    assert found["mara", "electronics/audio"] > 0
    assert ("tom", "electronics") not in found


@pytest.mark.usefixtures("_shop")
def test_affinity_takes_the_visits_before_login_along() -> None:
    happen(("view", "a", 3), client_id="c9")
    happen(("view", "d", 2), client_id="c9", user_id="mara")
    identities_refresh()
    both = {"electronics/audio", "electronics"}
    assert set(values_of(CATEGORIES)) == {("mara", path) for path in both}
    # As of a day before the login nobody could know whose visit it was.
    assert values_of(CATEGORIES, NOW - timedelta(days=2.5)) == {}
    assert categories_of_users(["mara"], NOW - timedelta(days=2.5)) == {}
    assert set(categories_of_users(["mara"], NOW)["mara"]) == both


def test_what_is_demanded_is_counted() -> None:
    labels = {"feature": f"{SESSION_CATEGORY_AFFINITY}@1.0.0", "source": "on_demand"}
    before = REGISTRY.get_sample_value("feature_values_total", labels) or 0.0
    found = feature_demanded(SESSION_CATEGORY_AFFINITY, deeds([0, 1, 1], [1, 1, 2]))
    assert found.tolist() == pytest.approx([0.25, 0.75, 0.0, 0.0])
    assert REGISTRY.get_sample_value("feature_values_total", labels) == before + 2


def test_what_is_not_made_from_deeds_is_an_error() -> None:
    with pytest.raises(FeatureUnsuited, match="ctr"):
        feature_demanded("ctr", deeds([0], [1]))
    with pytest.raises(FeatureUnknown):
        feature_demanded("dreams", deeds([0], [1]))
    assert sum(feature_demanded(USER_CATEGORY_AFFINITY, deeds([0], [1]))) == 1.0


@pytest.mark.usefixtures("_shop")
def test_shares_of_a_visit_by_name(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    serving_snapshot()
    with django_assert_num_queries(0):
        found = session_shares({"a": 1.0, "gone": 9.0, "d": 1.0, "f": 2.0})
    assert found == SessionShares(
        (("electronics", 0.25), ("electronics/audio", 0.25)), (("Dell", 0.5), ("HP", 0.5))
    )
    assert session_shares({}) == SessionShares()
