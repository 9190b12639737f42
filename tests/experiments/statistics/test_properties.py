import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from apps.experiments.contracts.statistics import (
    BetaPrior,
    CannotCompute,
    CupedSums,
    MeanSums,
    NormalPrior,
    ProportionSums,
    Scale,
)
from apps.experiments.contracts.statistics_results import (
    EffectEstimate,
    PosteriorResult,
    TestResult,
)
from apps.experiments.domain.statistics.bayesian import normal_posterior
from apps.experiments.domain.statistics.beta_binomial import beta_posterior
from apps.experiments.domain.statistics.effects import effect_estimate
from apps.experiments.domain.statistics.frequentist import t_test
from apps.experiments.domain.statistics.multiple import benjamini_hochberg, holm
from apps.experiments.domain.statistics.post_stratification import post_stratified_effect
from apps.experiments.domain.statistics.sequential import confidence_sequence

QUICK = settings(max_examples=40, deadline=None)
FEW = settings(max_examples=12, deadline=None)


@st.composite
def means(draw: st.DrawFn) -> MeanSums:
    n = draw(st.integers(3, 100_000))
    mean = draw(st.floats(0.1, 100))
    variance = draw(st.floats(0.01, 1000))
    return MeanSums(n, n * mean, (n - 1) * variance + n * mean * mean)


def as_test(answer: TestResult | CannotCompute) -> TestResult:
    assert isinstance(answer, TestResult)
    return answer


@QUICK
@given(means(), means())
def test_swapping_the_arms_flips_the_sign(a: MeanSums, b: MeanSums) -> None:
    one = as_test(t_test(a, b, scale=Scale.ABSOLUTE))
    other = as_test(t_test(b, a, scale=Scale.ABSOLUTE))
    assert one.estimate.effect == -other.estimate.effect
    assert one.p_value == pytest.approx(other.p_value, rel=1e-9)
    assert one.ci[0] == pytest.approx(-other.ci[1], rel=1e-9, abs=1e-12)


@QUICK
@given(means(), means(), st.floats(0.01, 1000))
def test_a_change_of_currency_changes_no_relative_effect(
    a: MeanSums, b: MeanSums, rate: float
) -> None:
    scaled = [MeanSums(arm.n, arm.sum * rate, arm.sum_squares * rate * rate) for arm in (a, b)]
    one, other = as_test(t_test(a, b)), as_test(t_test(*scaled))
    assert one.p_value == pytest.approx(other.p_value, rel=1e-6, abs=1e-12)
    assert one.ci == pytest.approx(other.ci, rel=1e-6, abs=1e-9)


@QUICK
@given(means(), means(), st.floats(0.001, 0.4), st.floats(0.001, 0.4))
def test_intervals_nest_with_alpha(a: MeanSums, b: MeanSums, one: float, other: float) -> None:
    small, large = sorted((one, other))
    for method in (t_test, confidence_sequence, normal_posterior):
        outer, inner = method(a, b, alpha=small), method(a, b, alpha=large)
        assert not isinstance(outer, CannotCompute)
        assert not isinstance(inner, CannotCompute)
        # A sequence is tuned for its own alpha: its nesting is not a theorem but holds here.
        assert outer.ci[0] <= inner.ci[0] + 1e-12
        assert inner.ci[1] <= outer.ci[1] + 1e-12


def test_cuped_pools_proportions_as_one_sample() -> None:
    rng = np.random.default_rng(8)
    arms, ys, xs = [], [], []
    for rate in (0.3, 0.4):
        x = (rng.random(500) < rate).astype(np.float64)
        y = (rng.random(500) < 0.2 + 0.5 * x).astype(np.float64)
        outcome = ProportionSums(500, float(y.sum()))
        arms.append(CupedSums(outcome, (float(x.sum()),), ((float(x @ x),),), (float(x @ y),)))
        ys.append(y)
        xs.append(x)
    pooled = np.cov(np.concatenate(ys), np.concatenate(xs))
    answer = effect_estimate(arms[0], arms[1], Scale.ABSOLUTE)
    assert isinstance(answer, EffectEstimate)
    assert answer.theta[0] == pytest.approx(pooled[0, 1] / pooled[1, 1], rel=1e-12)


@QUICK
@given(means(), means())
def test_p_and_interval_tell_the_same_story(a: MeanSums, b: MeanSums) -> None:
    for method in (t_test, confidence_sequence):
        answer = as_test(method(a, b))
        assume(abs(answer.p_value - 0.05) > 1e-6)
        assert (answer.p_value < 0.05) == (answer.ci[0] > 0 or answer.ci[1] < 0)


@QUICK
@given(means(), means())
def test_a_sequence_is_wider_than_a_fixed_test_with_many_units(a: MeanSums, b: MeanSums) -> None:
    assume(a.n > 100 and b.n > 100)
    fixed, always = as_test(t_test(a, b)), as_test(confidence_sequence(a, b))
    assert always.ci[0] < fixed.ci[0]
    # Far out the fixed test's t has heavier tails than the sequence's normal.
    assert always.p_value >= fixed.p_value or fixed.p_value < 1e-6


@QUICK
@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.floats(-2, 2))
def test_cuped_never_widens_and_does_not_move_an_effect_in_expectation(
    seed: int, width: int, slope: float
) -> None:
    rng = np.random.default_rng(seed)
    arms, plain = [], []
    for shift in (0.0, 0.3):
        x = rng.normal(size=(400, width))
        y = slope * x[:, 0] + shift + rng.normal(size=400)
        outcome = MeanSums(400, float(y.sum()), float(y @ y))
        plain.append(outcome)
        square = x.T @ x
        arms.append(
            CupedSums(
                outcome,
                tuple(float(v) for v in x.sum(axis=0)),
                tuple(tuple(float(v) for v in row) for row in square),
                tuple(float(v) for v in x.T @ y),
            )
        )
    adjusted = effect_estimate(arms[0], arms[1], Scale.ABSOLUTE)
    raw = effect_estimate(plain[0], plain[1], Scale.ABSOLUTE)
    assert isinstance(adjusted, EffectEstimate)
    assert isinstance(raw, EffectEstimate)
    # theta is optimal for the pooled sample, so the two arms' average variance cannot grow
    # beyond what the arms' own difference adds.
    assert adjusted.standard_error <= raw.standard_error * 1.02
    assert abs(adjusted.effect - 0.3) < 0.5
    assert len(adjusted.theta) == width


P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=30)


@QUICK
@given(P_VALUES)
def test_raw_below_bh_below_holm(raw: list[float]) -> None:
    strict, loose = holm(raw), benjamini_hochberg(raw)
    assert not isinstance(strict, CannotCompute)
    assert not isinstance(loose, CannotCompute)
    for p, bh, hm in zip(raw, loose, strict, strict=True):
        assert p <= bh * (1 + 1e-12)
        assert bh <= hm * (1 + 1e-12) + 1e-15
        assert hm <= 1
    order = np.argsort(raw, kind="stable")
    assert (np.diff(np.array(strict)[order]) >= 0).all()
    assert (np.diff(np.array(loose)[order]) >= 0).all()


@QUICK
@given(means(), means(), st.floats(-1, 1), st.floats(1e-4, 10))
def test_a_prior_pulls_the_effect_and_narrows_the_interval(
    a: MeanSums, b: MeanSums, mean: float, variance: float
) -> None:
    flat = normal_posterior(a, b)
    pulled = normal_posterior(a, b, prior=NormalPrior(mean, variance))
    assert isinstance(flat, PosteriorResult)
    assert isinstance(pulled, PosteriorResult)
    low, high = sorted((flat.effect, mean))
    assert low - 1e-9 <= pulled.effect <= high + 1e-9
    assert pulled.posterior_sd <= flat.posterior_sd
    assert pulled.risk[0] - pulled.risk[1] == pytest.approx(pulled.effect, abs=1e-9)


@QUICK
@given(means(), means())
def test_lower_is_better_turns_the_chance_and_the_risk(a: MeanSums, b: MeanSums) -> None:
    up, down = normal_posterior(a, b), normal_posterior(a, b, lower_is_better=True)
    assert isinstance(up, PosteriorResult)
    assert isinstance(down, PosteriorResult)
    assert up.chance_to_win + down.chance_to_win == pytest.approx(1)
    assert up.risk == (down.risk[1], down.risk[0])


def closed_form(a: int, b: int, c: int, d: int) -> float:
    """P(Beta(c, d) > Beta(a, b)) for whole parameters (Miller 2014)."""

    def log_beta(x: float, y: float) -> float:
        return math.lgamma(x) + math.lgamma(y) - math.lgamma(x + y)

    return sum(
        math.exp(log_beta(a + i, b + d) - math.log(d + i) - log_beta(1 + i, d) - log_beta(a, b))
        for i in range(c)
    )


@QUICK
@given(st.integers(2, 3000), st.floats(0.01, 0.99), st.integers(2, 3000), st.floats(0.01, 0.99))
def test_chance_to_win_agrees_with_the_closed_form(
    n: int, share_n: float, m: int, share_m: float
) -> None:
    control = ProportionSums(n, int(n * share_n))
    treatment = ProportionSums(m, int(m * share_m))
    answer = beta_posterior(control, treatment, prior=BetaPrior(1, 1))
    assert isinstance(answer, PosteriorResult)
    exact = closed_form(
        int(control.sum) + 1,
        int(control.n - control.sum) + 1,
        int(treatment.sum) + 1,
        int(treatment.n - treatment.sum) + 1,
    )
    assert answer.chance_to_win == pytest.approx(exact, abs=1e-7)
    assert answer.risk[0] - answer.risk[1] == pytest.approx(answer.effect, abs=1e-7)
    assert answer.ci[0] <= answer.effect <= answer.ci[1]


def test_beta_posterior_agrees_with_a_simulation_on_the_relative_scale() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.beta(31, 171, 400_000), rng.beta(41, 161, 400_000)
    drawn = b / a - 1
    answer = beta_posterior(ProportionSums(200, 30), ProportionSums(200, 40), scale=Scale.RELATIVE)
    assert isinstance(answer, PosteriorResult)
    assert answer.effect == pytest.approx(float(drawn.mean()), abs=0.003)
    assert answer.posterior_sd == pytest.approx(float(drawn.std()), abs=0.003)
    assert answer.ci == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=0.01)


def test_strata_that_explain_the_metric_narrow_the_effect() -> None:
    rng = np.random.default_rng(11)
    strata: list[tuple[MeanSums, MeanSums]] = []
    for level in (0.0, 10.0, 20.0):
        pair = []
        for shift in (0.0, 0.5):
            y = level + shift + rng.normal(size=int(rng.integers(300, 400)))
            pair.append(MeanSums(y.size, float(y.sum()), float(y @ y)))
        strata.append((pair[0], pair[1]))
    answer = post_stratified_effect(strata, scale=Scale.ABSOLUTE)
    assert isinstance(answer, EffectEstimate)
    assert abs(answer.effect - 0.5) < 4 * answer.standard_error
    assert answer.standard_error < 0.1


@FEW
@given(st.integers(0, 2**32 - 1))
def test_the_welch_interval_covers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    y = rng.normal(1.0, 1.0, size=(400, 2, 60))
    hits = 0
    for arms in y:
        sums = [MeanSums(60, float(v.sum()), float(v @ v)) for v in arms]
        answer = as_test(t_test(sums[0], sums[1], scale=Scale.ABSOLUTE))
        hits += answer.ci[0] <= 0 <= answer.ci[1]
    # 400 draws at 95 %: five standard deviations are 5.4 points.
    assert abs(hits / 400 - 0.95) < 0.055
