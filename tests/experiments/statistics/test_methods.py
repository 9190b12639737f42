import math

import numpy as np
import pytest

from apps.experiments.contracts.statistics import (
    Alternative,
    BetaPrior,
    CannotCompute,
    CupedSums,
    MeanSums,
    NormalPrior,
    PlanInputs,
    ProportionSums,
    RatioSums,
    Reason,
    Scale,
    Spending,
    SpendingPlan,
)
from apps.experiments.contracts.statistics_results import (
    EffectEstimate,
    PosteriorResult,
    TestResult,
)
from apps.experiments.domain.statistics.bayesian import expected_losses
from apps.experiments.domain.statistics.beta_binomial import beta_posterior
from apps.experiments.domain.statistics.effects import effect_estimate
from apps.experiments.domain.statistics.errors import NotComputable
from apps.experiments.domain.statistics.frequentist import t_test, two_proportions_test
from apps.experiments.domain.statistics.group_sequential import (
    boundaries,
    boundaries_compute,
    looks_read,
)
from apps.experiments.domain.statistics.post_stratification import (
    post_stratified_effect,
    sums_added,
)
from apps.experiments.domain.statistics.power import mde, plan_power, sample_size
from apps.experiments.domain.statistics.sequential import confidence_sequence
from apps.experiments.domain.statistics.spending import alpha_spent

A = MeanSums(1000, 500.0, 900.0)
B = MeanSums(1000, 550.0, 980.0)


def reason(answer: object) -> Reason:
    assert isinstance(answer, CannotCompute)
    assert answer.message
    return answer.reason


def sums(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> MeanSums:
    return MeanSums(values.size, float(values.sum()), float(values @ values))


def test_losses_are_those_of_the_normal() -> None:
    assert expected_losses(0.01, 4.5e-9) == pytest.approx((0.01, 0.0))
    assert expected_losses(0.1, 0.05) == pytest.approx((0.1004245351308, 0.0004245351308414))


def test_two_proportions_have_their_sides_and_their_states() -> None:
    a, b = ProportionSums(100, 10), ProportionSums(100, 20)
    greater = two_proportions_test(a, b, alternative=Alternative.GREATER)
    less = two_proportions_test(a, b, alternative=Alternative.LESS)
    assert isinstance(greater, TestResult)
    assert isinstance(less, TestResult)
    assert greater.p_value + less.p_value == pytest.approx(1)
    assert greater.ci[1] == math.inf
    assert reason(two_proportions_test(ProportionSums(9, 0), ProportionSums(9, 0))) is (
        Reason.ZERO_VARIANCE
    )


def test_sequences_refuse_what_they_cannot_be_tuned_for() -> None:
    assert reason(confidence_sequence(A, B, tuning_n=0)) is Reason.INVALID_INPUT
    one_sided = confidence_sequence(A, B, alpha=0.6, alternative=Alternative.GREATER)
    assert reason(one_sided) is Reason.INVALID_INPUT
    far = confidence_sequence(A, MeanSums(1000, 5000.0, 26000.0), scale=Scale.ABSOLUTE)
    assert isinstance(far, TestResult)
    assert far.p_value < 1e-100


def test_one_sided_sequence_p_touches_its_own_bound() -> None:
    b = MeanSums(1000, 640.0, 1080.0)
    answer = confidence_sequence(
        A, b, scale=Scale.ABSOLUTE, tuning_n=2000, alternative=Alternative.GREATER, alpha=0.05
    )
    assert isinstance(answer, TestResult)
    assert (answer.p_value < 0.05) == (answer.ci[0] > 0)
    wrong = confidence_sequence(b, A, alternative=Alternative.GREATER)
    assert isinstance(wrong, TestResult)
    assert wrong.p_value == pytest.approx(0.4999)


def test_beta_posteriors_say_what_they_cannot() -> None:
    assert reason(beta_posterior(ProportionSums(5, 9), ProportionSums(5, 1))) is (
        Reason.INCONSISTENT_SUMS
    )
    bad = beta_posterior(ProportionSums(5, 1), ProportionSums(5, 1), prior=BetaPrior(0, 1))
    assert reason(bad) is Reason.INVALID_INPUT
    none = ProportionSums(50, 0)
    assert reason(beta_posterior(none, ProportionSums(50, 5), scale=Scale.RELATIVE)) is (
        Reason.ZERO_DENOMINATOR
    )
    one = beta_posterior(ProportionSums(50, 1), ProportionSums(50, 5), scale=Scale.RELATIVE)
    assert isinstance(one, PosteriorResult)
    assert one.posterior_sd == math.inf
    lower = beta_posterior(ProportionSums(50, 1), ProportionSums(50, 9), lower_is_better=True)
    assert isinstance(lower, PosteriorResult)
    assert lower.chance_to_win < 0.05


def test_boundaries_refuse_odd_designs() -> None:
    plan = SpendingPlan(Spending.POWER)
    assert reason(boundaries([], 0.05, plan)) is Reason.NO_DATA
    assert reason(boundaries([0.5, 0.5], 0.05, plan)) is Reason.INVALID_INPUT
    three = SpendingPlan(Spending.POWER, sides=3)
    assert reason(boundaries([1.0], 0.05, three)) is Reason.INVALID_INPUT
    flat = SpendingPlan(Spending.POWER, rho=0)
    assert reason(boundaries([1.0], 0.05, flat)) is Reason.INVALID_INPUT
    over = boundaries_compute([0.5, 1.0, 1.2], 0.05, plan)
    assert over.z[2] == 37.0
    assert over.alpha_spent[2] == 0.05
    tiny = boundaries_compute([1e-4, 0.001, 1.0], 0.05, SpendingPlan(Spending.OBRIEN_FLEMING))
    assert tiny.z[0] == 37.0
    assert tiny.z[2] == pytest.approx(1.96, abs=1e-3)
    with pytest.raises(NotComputable):
        looks_read(over, [1.0] * 4, [1.0] * 4)


def test_alpha_spent_ends_at_alpha() -> None:
    for family in Spending:
        assert alpha_spent(SpendingPlan(family), 0.025, 1.0) == pytest.approx(0.025)


def test_strata_too_small_join_the_largest() -> None:
    tiny = (MeanSums(1, 1.0, 1.0), MeanSums(0, 0.0, 0.0))
    merged = post_stratified_effect([tiny, (A, B)], scale=Scale.ABSOLUTE)
    whole = effect_estimate(sums_added(A, tiny[0]), sums_added(B, tiny[1]), Scale.ABSOLUTE)
    assert merged == whole
    wrong = post_stratified_effect([(A, B), (RatioSums(9, 1, 2, 3, 4, 1), A)])
    assert reason(wrong) is Reason.INVALID_INPUT


def test_strata_of_every_kind_add_up() -> None:
    rng = np.random.default_rng(2)
    strata = []
    for level in (1.0, 5.0):
        pair = []
        for shift in (0.0, 0.2):
            x = rng.normal(level, 1, 500)
            y = x + shift + rng.normal(0, 0.5, 500)
            pair.append(CupedSums(sums(y), (float(x.sum()),), ((float(x @ x),),), (float(x @ y),)))
        strata.append((pair[0], pair[1]))
    answer = post_stratified_effect(strata, scale=Scale.ABSOLUTE)
    assert isinstance(answer, EffectEstimate)
    assert answer.effect == pytest.approx(0.2, abs=0.1)
    two = CupedSums(A, (1.0, 2.0), ((1.0, 0.0), (0.0, 1.0)), (0.0, 0.0))
    assert reason(post_stratified_effect([strata[0], (two, two)])) is Reason.INVALID_INPUT


def test_plans_refuse_what_makes_no_sense() -> None:
    fine = PlanInputs(10, 100)
    assert reason(plan_power(fine, effect=0.1, n_total=0)) is Reason.NO_DATA
    assert reason(mde(fine, power=0.8, n_total=0)) is Reason.NO_DATA
    assert reason(plan_power(fine, effect=0.1, n_total=10, arm=2)) is Reason.INVALID_INPUT
    one = PlanInputs(10, 100, (1.0,))
    assert reason(plan_power(one, effect=0.1, n_total=10)) is Reason.INVALID_INPUT
    flat = PlanInputs(10, 0)
    assert reason(plan_power(flat, effect=0.1, n_total=10)) is Reason.ZERO_VARIANCE
    zero = PlanInputs(0, 1)
    assert reason(plan_power(zero, effect=0.1, n_total=10)) is Reason.ZERO_DENOMINATOR
    assert reason(mde(fine, power=0.01, n_total=100)) is Reason.INVALID_INPUT
    assert reason(mde(PlanInputs(1, 100), power=0.8, n_total=100)) is Reason.NO_SOLUTION
    assert reason(sample_size(fine, effect=0, power=0.8)) is Reason.NO_SOLUTION
    far = PlanInputs(1, 1e12, tuning_n=1e15)
    assert reason(sample_size(far, effect=1e-4, power=0.8)) is Reason.NO_SOLUTION
    sure = PlanInputs(1, 1, prior=NormalPrior(0.0, 1e-12))
    assert reason(mde(sure, power=0.8, n_total=10)) is Reason.NO_SOLUTION
    assert reason(sample_size(sure, effect=1e-9, power=0.8)) is Reason.NO_SOLUTION
    eager = PlanInputs(1, 1, prior=NormalPrior(1.0, 1e-6))
    assert sample_size(eager, effect=0.5, power=0.8) == 2.0


def test_one_sided_plans_need_fewer_units() -> None:
    two = sample_size(PlanInputs(10, 100), effect=0.05, power=0.8)
    up = sample_size(PlanInputs(10, 100, alternative=Alternative.GREATER), effect=0.05, power=0.8)
    assert isinstance(two, float)
    assert isinstance(up, float)
    assert up < two
    down = plan_power(PlanInputs(10, 100, alternative=Alternative.LESS), effect=0.05, n_total=1e5)
    assert not isinstance(down, CannotCompute)
    assert down.power < 1e-3


def test_sums_that_are_no_numbers_are_refused() -> None:
    odd = MeanSums(10, math.nan, 1.0)
    assert reason(t_test(odd, B)) is Reason.INVALID_INPUT


def test_a_small_spread_around_a_large_mean_is_still_a_spread() -> None:
    values = 1e6 + np.arange(100.0)
    answer = t_test(sums(values), sums(values + 1), scale=Scale.ABSOLUTE)
    assert isinstance(answer, TestResult)
    assert answer.estimate.control_variance == pytest.approx(values.var(ddof=1), rel=1e-3)
    assert reason(t_test(sums(np.full(100, 0.1)), sums(values))) is Reason.ZERO_VARIANCE


def test_a_ratio_of_proportional_parts_does_not_vary() -> None:
    ratio = RatioSums(10, 30.0, 120.0, 10.0, 40.0 / 3, 40.0)
    assert reason(t_test(ratio, ratio)) is Reason.ZERO_VARIANCE
