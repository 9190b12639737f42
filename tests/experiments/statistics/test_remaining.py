import pytest

from apps.experiments.contracts.statistics import CannotCompute, MeanSums, NormalPrior, Scale
from apps.experiments.contracts.statistics_results import ScaledImpact, TestResult
from apps.experiments.domain.statistics.cases.runner import case_run
from apps.experiments.domain.statistics.effects import effect_compute
from apps.experiments.domain.statistics.frequentist import t_test
from apps.experiments.domain.statistics.remaining import remaining_units, scaled_impact

A = MeanSums(500, 500.0, 1500.0)
B = MeanSums(500, 525.0, 1551.25)


@pytest.mark.parametrize(
    ("tuning_n", "prior", "factor"),
    [
        (None, None, 25.45703125),
        (5000.0, None, 55.66796875),
        (None, NormalPrior(0.05, 0.001), 13.9404296875),
    ],
)
def test_remaining_units_agree_with_the_published_scaling_factors(
    tuning_n: float | None, prior: NormalPrior | None, factor: float
) -> None:
    # growthbook gbstats, packages/stats/tests/test_midexperimentpower.py (found by bisection)
    estimate = effect_compute(A, B, Scale.RELATIVE)
    units = remaining_units(estimate, effect=0.05, tuning_n=tuning_n, prior=prior)
    assert not isinstance(units, CannotCompute)
    assert units / 1000 == pytest.approx(factor, abs=5e-3)


def test_an_experiment_may_have_its_power_or_never_get_it() -> None:
    estimate = effect_compute(A, B, Scale.RELATIVE)
    assert remaining_units(estimate, effect=2.0) == 0
    assert isinstance(remaining_units(estimate, effect=0.0), CannotCompute)
    assert isinstance(remaining_units(estimate, effect=1e-6), CannotCompute)


def test_remaining_days_come_as_a_case() -> None:
    arms = {
        "control": {"n": 500, "sum": 500, "sum_squares": 1500},
        "treatment": {"n": 500, "sum": 525, "sum_squares": 1551.25},
    }
    case = {"name": "x", "method": "remaining", "target_effect": 0.05, "daily_units": 1000}
    answer = case_run({**case, "inputs": arms})
    body = answer["result"]
    assert isinstance(body, dict)
    assert body["remaining_days"] == 26
    refused = case_run({**case, "target_effect": 0, "inputs": arms})["error"]
    assert isinstance(refused, dict)
    assert refused["code"] == "no_solution"


def test_absolute_effects_scale_with_units() -> None:
    absolute, relative = t_test(A, B, scale=Scale.ABSOLUTE), t_test(A, B)
    assert isinstance(absolute, TestResult)
    assert isinstance(relative, TestResult)
    impact = scaled_impact(absolute, units=2000)
    assert isinstance(impact, ScaledImpact)
    assert impact.impact == pytest.approx(100)
    assert impact.ci[0] == pytest.approx(2000 * absolute.ci[0])
    assert isinstance(scaled_impact(relative, units=2000), CannotCompute)
