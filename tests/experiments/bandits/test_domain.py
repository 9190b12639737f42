"""Thompson sampling: chances, weights, and values that a changing allocation cannot bias."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from apps.experiments.contracts.bandits import BanditUpdate, PeriodArms, UpdateOutcome
from apps.experiments.contracts.statistics import (
    CannotCompute,
    CupedSums,
    MeanSums,
    ProportionSums,
    RatioSums,
    Reason,
    SummableSums,
)
from apps.experiments.domain.bandits import (
    allocation_update,
    arms_estimated,
    chances_best,
    weights_floored,
)
from apps.experiments.domain.period_strata import arms_stratified, periods_usable
from apps.experiments.domain.statistics.errors import NotComputable


def rates(*arms: tuple[int, int]) -> PeriodArms:
    return PeriodArms(tuple(ProportionSums(n, won) for n, won in arms))


def mean_sums(values: np.ndarray) -> MeanSums:
    return MeanSums(len(values), float(values.sum()), float((values**2).sum()))


def update(periods: list[PeriodArms], *, highest: bool = True, burn_in: int = 10) -> BanditUpdate:
    arms = len(periods[0].arms)
    return allocation_update(
        [f"v{place}" for place in range(arms)],
        periods,
        (1 / arms,) * arms,
        floor=0.05,
        burn_in_units=burn_in,
        highest=highest,
    )


def test_two_normals_have_the_closed_form() -> None:
    # P(N(1, 0.3²) > N(0.8, 0.4²)) = Φ(0.2 / 0.5).
    chances = chances_best([stats.norm(0.8, 0.4), stats.norm(1.0, 0.3)])
    assert chances[1] == pytest.approx(stats.norm.cdf(0.4), abs=1e-5)


def test_two_betas_have_the_published_chance() -> None:
    # Evan Miller, "Formulas for Bayesian A/B testing" (2014), eq. 6, by its exact sum.
    a, b, c, d = 11, 91, 21, 81
    exact = sum(
        np.exp(_log_beta(a + i, b + d) - np.log(d + i) - _log_beta(1 + i, d) - _log_beta(a, b))
        for i in range(c)
    )
    chances = chances_best([stats.beta(a, b), stats.beta(c, d)])
    assert chances[1] == pytest.approx(exact, abs=1e-4)


def _log_beta(a: float, b: float) -> float:
    from scipy.special import betaln

    return float(betaln(a, b))


def test_many_arms_agree_with_sampling() -> None:
    posteriors = [stats.norm(m, s) for m, s in ((0, 1), (0.5, 0.5), (0.4, 2), (-1, 0.1))]
    rng = np.random.default_rng(3)
    draws = np.array([p.rvs(200_000, random_state=rng) for p in posteriors])
    sampled = np.bincount(draws.argmax(axis=0), minlength=4) / 200_000
    assert chances_best(posteriors) == pytest.approx(sampled, abs=0.005)
    lowest = np.bincount(draws.argmin(axis=0), minlength=4) / 200_000
    assert chances_best(posteriors, highest=False) == pytest.approx(lowest, abs=0.005)


@given(
    st.lists(st.floats(0, 1), min_size=2, max_size=8).filter(lambda each: sum(each) > 0),
    st.floats(0, 0.125),
)
def test_weights_sum_to_one_and_hold_the_floor(chances: list[float], floor: float) -> None:
    shares = [each / sum(chances) for each in chances]
    weights = weights_floored(shares, floor=floor)
    assert sum(weights) == pytest.approx(1, abs=1e-12)
    assert min(weights) >= floor - 1e-9
    order = sorted(range(len(shares)), key=lambda place: shares[place])
    assert all(weights[low] <= weights[high] + 1.5e-4 for low, high in pairwise(order))


def test_a_floor_that_leaves_nothing_gives_equal_weights() -> None:
    assert weights_floored([0.9, 0.05, 0.05], floor=0.4) == (1 / 3,) * 3


@given(st.integers(20, 500), st.integers(1, 19), st.integers(1, 19))
def test_swapping_the_arms_swaps_the_weights(n: int, won: int, other: int) -> None:
    one = update([rates((n, won), (n, other))])
    two = update([rates((n, other), (n, won))])
    assert one.weights == pytest.approx(two.weights[::-1], abs=1.1e-4)


def test_the_better_arm_gets_more_and_down_metrics_turn_it_round() -> None:
    evidence = [rates((1000, 100), (1000, 140)), rates((500, 52), (1500, 200))]
    up, down = update(evidence), update(evidence, highest=False)
    assert up.outcome is down.outcome is UpdateOutcome.MOVE
    assert up.weights[1] > 0.9
    assert down.weights[0] > 0.9
    assert up.chances_best["v1"] == pytest.approx(down.chances_best["v0"], abs=1e-4)
    assert sum(up.chances_best.values()) == pytest.approx(1)
    assert up.units == {"v0": 1500, "v1": 2500}
    assert up.periods == 2


def test_nothing_moves_before_the_burn_in() -> None:
    result = update([rates((50, 1), (9, 9))])
    assert result.outcome is UpdateOutcome.BURN_IN
    assert result.weights == (0.5, 0.5)
    assert result.chances_best == {}


def test_an_allocation_that_hardly_changes_stays() -> None:
    result = update([rates((1000, 100), (1000, 100))])
    assert result.outcome is UpdateOutcome.STAY
    assert result.chances_best["v0"] == pytest.approx(0.5, abs=1e-4)


def test_what_cannot_be_computed_stays_and_says_why() -> None:
    flat = PeriodArms((MeanSums(50, 0.0, 0.0), MeanSums(50, 0.0, 0.0)))
    result = update([flat])
    assert result.outcome is UpdateOutcome.CANNOT_COMPUTE
    assert result.state is not None
    assert result.state.reason is Reason.ZERO_VARIANCE
    assert result.weights == (0.5, 0.5)


def test_no_common_period_cannot_be_computed() -> None:
    apart = [rates((50, 5), (0, 0)), rates((1, 0), (50, 5))]
    assert periods_usable(apart) == []
    result = arms_estimated(["a", "b"], apart)
    assert isinstance(result, CannotCompute)
    assert result.reason is Reason.NO_DATA
    with pytest.raises(NotComputable):
        arms_stratified(apart)


def test_a_drifting_baseline_with_a_moving_allocation_biases_pooling_but_not_strata() -> None:
    """Simpson: both arms convert 10 %, then 30 %; the treatment got its traffic later."""
    periods = [rates((900, 90), (100, 10)), rates((100, 30), (900, 270))]
    control, treatment = arms_stratified(periods)
    assert control.z[0] == pytest.approx(treatment.z[0]) == pytest.approx(0.2)
    assert (90 + 30) / 1000 != (10 + 270) / 1000
    assert update(periods).outcome is UpdateOutcome.STAY


def test_an_arm_estimate_names_its_effective_units() -> None:
    estimates = arms_estimated(
        ["a", "b"], [rates((900, 90), (100, 10)), rates((100, 9), (900, 80))]
    )
    assert not isinstance(estimates, CannotCompute)
    # Weights of a half each: 1 / (1/4/900 + 1/4/100) = 360.
    assert [arm.effective_n for arm in estimates] == pytest.approx([360, 360])
    assert [arm.n for arm in estimates] == [1000, 1000]
    assert estimates[0].value == pytest.approx((0.1 + 0.09) / 2)
    own = np.sqrt(0.25 * 0.1 * 0.9 / 900 + 0.25 * 0.09 * 0.91 / 100)
    assert estimates[0].standard_error == pytest.approx(own)


def test_a_period_without_variation_borrows_the_spread_of_the_others() -> None:
    periods = [rates((200, 0), (200, 20)), rates((200, 20), (200, 20))]
    lone, other = arms_stratified(periods)
    assert lone.covariance[0, 0] > 0.25 * 0.09 / 200
    assert other.covariance[0, 0] == pytest.approx(2 * 0.25 * 0.09 / 200)


@pytest.mark.parametrize("covariates", [False, True])
def test_means_and_ratios_are_normal(covariates: bool) -> None:
    rng = np.random.default_rng(5)
    groups = [rng.gamma(2, 10, 400), rng.gamma(2, 11, 400)]
    plain = [mean_sums(values) for values in groups]
    sums: list[SummableSums] = list(plain)
    if covariates:
        sums = [CupedSums(each, (1.0,), ((2.0,),), (3.0,)) for each in plain]
    estimates = arms_estimated(["a", "b"], [PeriodArms(tuple(sums))])
    assert not isinstance(estimates, CannotCompute)
    gap = groups[1].mean() - groups[0].mean()
    error = np.sqrt(sum(values.var(ddof=1) / 400 for values in groups))
    assert estimates[1].chance_best == pytest.approx(stats.norm.cdf(gap / error), abs=1e-4)
    assert update([PeriodArms(tuple(sums))]).outcome is UpdateOutcome.MOVE


def test_a_ratio_takes_the_delta_method_and_no_denominator_is_no_period() -> None:
    rng = np.random.default_rng(6)
    d = rng.integers(1, 9, 300).astype(float)
    m = rng.binomial(d.astype(int), 0.3).astype(float)
    arm = RatioSums(300, m.sum(), (m**2).sum(), d.sum(), (d**2).sum(), (m * d).sum())
    empty = RatioSums(300, 0, 0, 0, 0, 0)
    usable, not_usable = PeriodArms((arm, arm)), PeriodArms((arm, empty))
    estimates = arms_estimated(["a", "b"], [usable, not_usable])
    assert not isinstance(estimates, CannotCompute)
    ratio = m.sum() / d.sum()
    residual = (m - ratio * d) / d.mean()
    assert estimates[0].value == pytest.approx(ratio)
    assert estimates[0].standard_error == pytest.approx(residual.std(ddof=1) / np.sqrt(300))
    assert update([usable, not_usable]).left_out == 1
