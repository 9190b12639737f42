import numpy as np
import pytest

from apps.experiments.contracts.statistics import (
    CannotCompute,
    CupedSums,
    DayEffect,
    MeanSums,
    ProportionSums,
    Reason,
)
from apps.experiments.contracts.statistics_results import (
    BiasResult,
    GuardrailResult,
    MultipleExposureResult,
    NoveltyResult,
    SimpsonResult,
    SrmResult,
)
from apps.experiments.domain.statistics.guardrails import non_inferiority
from apps.experiments.domain.statistics.health import multiple_exposure, pre_exposure_bias, srm
from apps.experiments.domain.statistics.multiple import benjamini_hochberg, holm
from apps.experiments.domain.statistics.post_stratification import (
    sums_added,
)
from apps.experiments.domain.statistics.trends import novelty, simpson

A = MeanSums(1000, 500.0, 900.0)
B = MeanSums(1000, 550.0, 980.0)


def reason(answer: object) -> Reason:
    assert isinstance(answer, CannotCompute)
    assert answer.message
    return answer.reason


def test_srm_of_k_arms() -> None:
    answer = srm([5200, 4800, 0], [1, 1, 0])
    assert isinstance(answer, SrmResult)
    assert answer.chi_square == pytest.approx(16.0)
    assert answer.degrees_of_freedom == 1
    assert answer.mismatch
    assert reason(srm([1, 2], [1])) is Reason.INVALID_INPUT
    assert reason(srm([1, -2], [1, 1])) is Reason.INVALID_INPUT
    assert reason(srm([10, 20], [1, 0])) is Reason.ZERO_DENOMINATOR
    assert reason(srm([0, 0], [1, 1])) is Reason.NO_DATA
    assert reason(srm([30, 0], [1, 0])) is Reason.INVALID_INPUT
    assert reason(srm([3, 3], [1, 1])) is Reason.TOO_FEW_UNITS


def test_a_planted_srm_is_caught() -> None:
    rng = np.random.default_rng(5)
    caught = 0
    for _ in range(300):
        first = int(rng.binomial(25_000, 0.52))
        answer = srm([first, 25_000 - first], [0.5, 0.5])
        assert isinstance(answer, SrmResult)
        caught += answer.mismatch
    assert caught / 300 >= 0.99


def test_multiple_exposures() -> None:
    fine = multiple_exposure(units=1000, multiple=0)
    assert isinstance(fine, MultipleExposureResult)
    assert not fine.alarm
    assert fine.upper_bound == pytest.approx(1 - 0.05 ** (1 / 1000))
    every = multiple_exposure(units=10, multiple=10)
    assert isinstance(every, MultipleExposureResult)
    assert every.upper_bound == 1
    assert reason(multiple_exposure(units=0, multiple=0)) is Reason.NO_DATA
    assert reason(multiple_exposure(units=1, multiple=2)) is Reason.INCONSISTENT_SUMS


def test_pre_exposure_bias_reads_the_covariate() -> None:
    low = CupedSums(A, (100.0,), ((300.0,),), (50.0,))
    high = CupedSums(A, (300.0,), ((500.0,),), (50.0,))
    biased = pre_exposure_bias(low, high)
    assert isinstance(biased, BiasResult)
    assert biased.biased
    same = pre_exposure_bias(low, low)
    assert isinstance(same, BiasResult)
    assert same.test.p_value == 1


@pytest.mark.parametrize(
    ("slope", "fading", "growing"), [(-0.1, True, False), (0.1, False, True), (0.0, False, False)]
)
def test_novelty_is_a_trend(slope: float, fading: bool, growing: bool) -> None:
    days = [DayEffect(day, 1 + slope * day, 0.02) for day in range(7)]
    answer = novelty(days)
    assert isinstance(answer, NoveltyResult)
    assert answer.slope == pytest.approx(slope, abs=1e-12)
    assert (answer.fading, answer.growing) == (fading, growing)


def test_novelty_needs_days_that_vary() -> None:
    assert reason(novelty([DayEffect(1, 1, 1), DayEffect(2, 1, 1)])) is Reason.TOO_FEW_UNITS
    flat = [DayEffect(day, 1, 0) for day in range(4)]
    assert reason(novelty(flat)) is Reason.ZERO_VARIANCE


def test_simpson_reversal_is_found() -> None:
    # Better in each phase, worse in the pool: the second phase sends most units to treatment.
    phases = [
        (ProportionSums(9000, 5400), ProportionSums(1000, 650)),
        (ProportionSums(1000, 100), ProportionSums(9000, 1200)),
    ]
    pooled = (sums_added(*(phase[0] for phase in phases)), sums_added(*(p[1] for p in phases)))
    answer = simpson(phases, pooled)
    assert isinstance(answer, SimpsonResult)
    assert answer.reversal
    assert answer.combined_effect > 0 > answer.pooled_effect
    assert reason(simpson(phases[:1], pooled)) is Reason.TOO_FEW_UNITS


def test_guardrails_are_safe_breached_or_unknown() -> None:
    same, worse = MeanSums(10_000, 5000.0, 9000.0), MeanSums(10_000, 4000.0, 8000.0)
    safe = non_inferiority(same, same, margin=0.1)
    breached = non_inferiority(same, worse, margin=0.1)
    unknown = non_inferiority(A, A, margin=0.01)
    mirrored = non_inferiority(worse, same, margin=0.1, lower_is_better=True)
    answers = (safe, breached, unknown, mirrored)
    verdicts = []
    for answer in answers:
        assert isinstance(answer, GuardrailResult)
        verdicts.append((answer.safe, answer.breached))
    assert verdicts == [(True, False), (False, True), (False, False), (False, True)]
    assert isinstance(safe, GuardrailResult)
    assert safe.p_value < 0.05
    assert reason(non_inferiority(A, B, margin=-1)) is Reason.INVALID_INPUT


def test_many_p_values_say_what_they_cannot() -> None:
    assert reason(holm([])) is Reason.NO_DATA
    assert reason(benjamini_hochberg([1.2])) is Reason.INVALID_INPUT
