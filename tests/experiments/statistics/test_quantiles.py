import math

import numpy as np
import pytest

from apps.experiments.contracts.statistics import (
    CannotCompute,
    ClusterSums,
    MeanSums,
    QuantileSummary,
    Reason,
    Scale,
)
from apps.experiments.contracts.statistics_results import (
    EffectEstimate,
    PosteriorResult,
    TestResult,
)
from apps.experiments.domain.statistics.effects import effect_estimate
from apps.experiments.domain.statistics.errors import NotComputable
from apps.experiments.domain.statistics.frequentist import t_test
from apps.experiments.domain.statistics.quantile_moments import order_positions
from apps.experiments.domain.statistics.quantiles import quantile_bootstrap, quantile_summary

A = MeanSums(1000, 500.0, 900.0)
B = MeanSums(1000, 550.0, 980.0)


def reason(answer: object) -> Reason:
    assert isinstance(answer, CannotCompute)
    assert answer.message
    return answer.reason


def summary(answer: QuantileSummary | CannotCompute) -> QuantileSummary:
    assert isinstance(answer, QuantileSummary)
    return answer


def test_quantiles_from_summaries_agree_with_theory() -> None:
    rng = np.random.default_rng(9)
    a, b = rng.exponential(1.0, 20_000), rng.exponential(1.1, 20_000)
    answer = t_test(
        summary(quantile_summary(a, 0.5)), summary(quantile_summary(b, 0.5)), scale=Scale.ABSOLUTE
    )
    assert isinstance(answer, TestResult)
    # sd of a median of exponentials: sqrt(q (1 - q) / n) / density, density at the median 1/(2s).
    theory = math.sqrt(0.25 / 20_000) * 2 * math.hypot(1.0, 1.1)
    assert answer.estimate.standard_error == pytest.approx(theory, rel=0.2)
    assert answer.estimate.effect == pytest.approx(0.1 * math.log(2), abs=4 * theory)


def test_quantiles_of_clustered_events_are_less_certain() -> None:
    rng = np.random.default_rng(4)
    units = np.repeat(np.arange(800), 10).astype(np.float64)
    values = np.repeat(rng.normal(size=800), 10) + 0.1 * rng.normal(size=8000)
    alone = summary(quantile_summary(values, 0.5))
    clustered = summary(quantile_summary(values, 0.5, units=units))
    errors = []
    for one in (alone, clustered):
        answer = effect_estimate(one, one, Scale.ABSOLUTE)
        assert isinstance(answer, EffectEstimate)
        errors.append(answer.standard_error)
    # Ten events of a unit say nearly the same: the variance is about ten times larger.
    assert errors[1] / errors[0] == pytest.approx(math.sqrt(10), rel=0.15)


def test_quantiles_say_what_they_cannot() -> None:
    def refusal(**changes: object) -> Reason:
        fields: dict[str, object] = {
            "n": 1000,
            "quantile": 0.5,
            "estimate": 1.0,
            "lower": 0.9,
            "upper": 1.1,
            "n_star": 1000,
        }
        bad = QuantileSummary(**{**fields, **changes})  # type: ignore[arg-type]  # odd on purpose
        return reason(effect_estimate(bad, bad, Scale.ABSOLUTE))

    assert refusal(n=0) is Reason.NO_DATA
    assert refusal(n=3) is Reason.TOO_FEW_UNITS
    assert refusal(upper=0.8) is Reason.INCONSISTENT_SUMS
    assert refusal(upper=0.9) is Reason.ZERO_VARIANCE
    assert refusal(quantile=1.0) is Reason.INVALID_INPUT
    assert refusal(clusters=ClusterSums(1, 1, 1, 1, 1, 1)) is Reason.TOO_FEW_UNITS
    assert refusal(clusters=ClusterSums(2, 0, 0, 0, 0, 0)) is Reason.ZERO_DENOMINATOR
    with pytest.raises(NotComputable):
        order_positions(0, 0.5)
    assert reason(quantile_summary(np.zeros(0), 0.5)) is Reason.NO_DATA


def test_the_bootstrap_agrees_with_the_summaries() -> None:
    rng = np.random.default_rng(12)
    a, b = rng.exponential(1.0, 5000), rng.exponential(1.2, 5000)
    drawn = quantile_bootstrap(a, b, quantile=0.9)
    exact = t_test(summary(quantile_summary(a, 0.9)), summary(quantile_summary(b, 0.9)))
    assert isinstance(drawn, PosteriorResult)
    assert isinstance(exact, TestResult)
    assert drawn.effect == pytest.approx(exact.estimate.effect, abs=1e-12)
    assert drawn.posterior_sd == pytest.approx(exact.estimate.standard_error, rel=0.15)
    assert drawn == quantile_bootstrap(a, b, quantile=0.9)


def test_the_bootstrap_says_what_it_cannot() -> None:
    some, none, one = np.arange(10.0), np.zeros(0), np.ones(1)
    assert reason(quantile_bootstrap(some, none, quantile=0.5)) is Reason.NO_DATA
    assert reason(quantile_bootstrap(one, some, quantile=0.5)) is Reason.TOO_FEW_UNITS
    assert reason(quantile_bootstrap(some * 0, some, quantile=0.5)) is Reason.ZERO_DENOMINATOR
    same = quantile_bootstrap(np.ones(9), np.ones(9), quantile=0.5)
    assert reason(same) is Reason.ZERO_VARIANCE
