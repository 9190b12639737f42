"""Growth against a product's own past, and against the shop's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.recommendations.contracts_relations import Activity, TrendRules
from apps.recommendations.domain.trends import trend_of

RULES = TrendRules(least_shoppers=5, least_growth=1.2, prior=10.0)
PKS = np.arange(1, 9, dtype=np.int32)


def test_growth_as_worked_out_by_hand() -> None:
    """ΣF / ΣS = 60 / 600 = 0.1: of 100 one expects 10 of 40; (40 + 10) / (10 + 10) = 2.5."""
    trend = trend_of(PKS, [Activity(3, 40.0, 100.0, 9), Activity(5, 20.0, 500.0, 9)], RULES)
    assert trend.codes.tolist() == [2]
    assert trend.growth == pytest.approx([2.5])
    assert trend.shoppers.tolist() == [9]


def test_a_product_with_two_views_is_no_trend() -> None:
    usual = Activity(1, 100.0, 1_000.0, 60)
    assert len(trend_of(PKS, [usual, Activity(2, 2.0, 2.0, 2)], RULES)) == 0
    # Nor when many did little: the prior holds it down.
    assert len(trend_of(PKS, [usual, Activity(2, 2.0, 2.0, 9)], RULES)) == 0


def test_a_season_that_lifts_everything_is_no_trend() -> None:
    lifted = [Activity(pk, 90.0, 100.0, 50) for pk in range(1, 9)]
    assert len(trend_of(PKS, lifted, RULES)) == 0


@pytest.mark.parametrize("activity", [[], [Activity(1, 0.0, 0.0, 0)]])
def test_a_shop_without_activity_has_no_trend(activity: list[Activity]) -> None:
    assert len(trend_of(PKS, activity, RULES)) == 0


ACTIVITIES = st.lists(
    st.builds(
        lambda pk, fast, more, shoppers: Activity(pk, fast, fast + more, shoppers),
        st.integers(1, 12),
        st.floats(0, 500),
        st.floats(0, 500),
        st.integers(0, 40),
    ),
    unique_by=lambda each: each.pk,
)


@given(ACTIVITIES)
def test_trends_keep_the_rules(activity: list[Activity]) -> None:
    trend = trend_of(PKS, activity, RULES)
    by_pk = {each.pk: each for each in activity}
    found = [by_pk[int(PKS[code])] for code in trend.codes]
    assert all(each.shoppers >= RULES.least_shoppers for each in found)
    assert (trend.growth >= np.float32(RULES.least_growth)).all()
    assert (np.diff(trend.growth) <= 0).all()
    slow, fast = sum(each.slow for each in activity), sum(each.fast for each in activity)
    assert all(growth <= slow / fast * (1 + 1e-6) for growth in trend.growth.tolist())
