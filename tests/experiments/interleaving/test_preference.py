"""Credit of clicks, and the exact test of the preference."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from apps.experiments.contracts.interleaving import NO_TEAM, PreferenceTest, UnitCredit
from apps.experiments.contracts.rollups import InterleavingDay
from apps.experiments.contracts.statistics import CannotCompute, Reason
from apps.experiments.domain.interleaving import (
    click_credit,
    interleaving_result,
    preference_test,
    preferences_counted,
)


def read(wins: tuple[int, int], ties: int = 0, alpha: float = 0.05) -> PreferenceTest:
    result = preference_test(wins, ties, alpha=alpha)
    assert isinstance(result, PreferenceTest)
    return result


def day(phase: int, number: int, control: int, treatment: int, ties: int = 0) -> InterleavingDay:
    return InterleavingDay(
        phase=phase,
        day=dt.date(2026, 1, number),
        units=control + treatment + ties,
        wins={"a": control, "b": treatment},
        ties=ties,
        credits={"a": 2 * control, "b": 2 * treatment},
        impressions=100,
    )


def test_clicks_are_credited_to_their_team_and_to_nobody_without_one() -> None:
    assert click_credit([0, 1, 1, NO_TEAM, NO_TEAM]) == UnitCredit(control=1, treatment=2)


def test_units_without_a_credited_click_are_no_ties() -> None:
    credit = [UnitCredit(2, 1), UnitCredit(0, 1), UnitCredit(1, 1), UnitCredit(0, 0)]
    assert preferences_counted(credit) == ((1, 1), 1)


@pytest.mark.parametrize(
    ("wins", "p_value", "low", "high"),
    [
        # Sign test: Conover (1999), 3.4: P(X <= 1 | 8, 1/2) · 2 = 18/256.
        ((1, 7), 18 / 256, 0.4735, 0.9968),
        # R: binom.test(2, 12).
        ((10, 2), 0.03857, 0.02086, 0.48414),
        # No failure: (alpha/2)^(1/n).
        ((0, 10), 2 / 1024, 0.025 ** (1 / 10), 1.0),
    ],
)
def test_the_test_is_the_published_one(
    wins: tuple[int, int], p_value: float, low: float, high: float
) -> None:
    result = read(wins)
    assert result.p_value == pytest.approx(p_value, rel=1e-3)
    assert result.ci == pytest.approx((2 * low - 1, 2 * high - 1), abs=2e-4)


def test_ties_dilute_the_lead_and_leave_the_test_alone() -> None:
    with_ties, without = read((3, 9), 12), read((3, 9))
    assert with_ties.p_value == without.p_value
    assert with_ties.preference == without.preference == 0.5
    assert with_ties.lead == 0.25
    assert with_ties.units == 24


@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.01, 0.3))
def test_swapping_the_sides_turns_the_sign(control: int, treatment: int, alpha: float) -> None:
    if control + treatment == 0:
        return
    one, other = read((control, treatment), 1, alpha), read((treatment, control), 1, alpha)
    assert one.preference == -other.preference
    assert one.p_value == pytest.approx(other.p_value)
    assert one.ci == pytest.approx((-other.ci[1], -other.ci[0]))
    assert one.ci[0] - 1e-12 <= one.preference <= one.ci[1] + 1e-12


@given(st.integers(1, 80))
def test_the_interval_holds_the_truth_at_least_as_often_as_it_says(trials: int) -> None:
    """Clopper-Pearson is exact: with no preference, the interval misses 0 in at most alpha."""
    missed = sum(
        stats.binom.pmf(won, trials, 0.5)
        for won in range(trials + 1)
        if not (r := read((trials - won, won))).ci[0] <= 0 <= r.ci[1]
    )
    assert missed <= 0.05 + 1e-12


def test_what_cannot_be_tested_says_so() -> None:
    nothing = preference_test((0, 0), 5)
    assert isinstance(nothing, CannotCompute)
    assert nothing.reason is Reason.NO_DATA
    for wins, ties, alpha in (((-1, 2), 0, 0.05), ((1, 2), -1, 0.05), ((1, 2), 0, 1.0)):
        refused = preference_test(wins, ties, alpha=alpha)
        assert isinstance(refused, CannotCompute)
        assert refused.reason is Reason.INVALID_INPUT


def test_a_panel_adds_up_the_last_day_of_each_phase() -> None:
    days = [day(1, 2, 4, 9, 1), day(1, 1, 2, 3), day(2, 3, 1, 8, 2)]
    result = interleaving_result(("a", "b"), days)
    assert (result.wins, result.ties, result.credits) == ((5, 17), 3, (10, 34))
    assert result.preference == pytest.approx(12 / 22)
    assert result.significant
    assert result.ci is not None
    assert result.ci[0] > 0
    assert result.days == tuple(days)
    assert result.state is None


def test_a_panel_without_clicks_has_a_state_and_no_numbers() -> None:
    result = interleaving_result(("a", "b"), [])
    assert result.state is not None
    assert (result.preference, result.ci, result.p_value) == (None, None, None)
    assert not result.significant
