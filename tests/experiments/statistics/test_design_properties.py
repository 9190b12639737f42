import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.experiments.contracts.statistics import (
    NormalPrior,
    PlanInputs,
    Scale,
    Spending,
    SpendingPlan,
)
from apps.experiments.domain.statistics.group_sequential import (
    boundaries_compute,
    crossing_probabilities,
    design_power,
)
from apps.experiments.domain.statistics.power import (
    mde_compute,
    plan_power_compute,
    sample_size_compute,
)

QUICK = settings(max_examples=40, deadline=None)
FEW = settings(max_examples=12, deadline=None)


PLANS = st.one_of(
    st.builds(SpendingPlan, st.just(Spending.POWER), st.floats(0.5, 4), st.sampled_from([1, 2])),
    st.builds(SpendingPlan, st.just(Spending.POCOCK), st.just(1.0), st.sampled_from([1, 2])),
    st.builds(
        SpendingPlan, st.just(Spending.OBRIEN_FLEMING), st.just(1.0), st.sampled_from([1, 2])
    ),
)


@FEW
@given(
    st.lists(st.floats(0.05, 1), min_size=1, max_size=7, unique=True),
    PLANS,
    st.floats(0.01, 0.2),
)
def test_boundaries_spend_exactly_alpha(
    gaps: list[float], plan: SpendingPlan, alpha: float
) -> None:
    times = np.cumsum(gaps)
    times /= times[-1]
    design = boundaries_compute([float(t) for t in times], alpha, plan)
    above, below = crossing_probabilities(design)
    assert sum(above) + sum(below) == pytest.approx(alpha, abs=1e-8)
    assert design.alpha_spent[-1] == pytest.approx(alpha, abs=1e-12)
    assert sum(below) == (pytest.approx(sum(above), abs=1e-9) if plan.sides == 2 else 0)
    assert design_power(design, 3.0) > alpha


def test_more_looks_cost_and_a_single_look_is_the_fixed_test() -> None:
    plan = SpendingPlan(Spending.POCOCK)
    single = boundaries_compute([1.0], 0.05, plan)
    assert single.z[0] == pytest.approx(1.959964, abs=1e-6)
    last = 0.0
    for looks in (1, 2, 5, 10):
        design = boundaries_compute([(i + 1) / looks for i in range(looks)], 0.05, plan)
        assert design.z[-1] > last
        last = design.z[-1]


@pytest.mark.parametrize("family", list(Spending))
def test_many_looks_still_spend_exactly_alpha(family: Spending) -> None:
    times = [float(t) for t in np.linspace(0.01, 1.0, 100)]
    design = boundaries_compute(times, 0.05, SpendingPlan(family))
    above, below = crossing_probabilities(design)
    assert sum(above) + sum(below) == pytest.approx(0.05, abs=1e-8)


def test_boundaries_hold_in_a_simulation() -> None:
    rng = np.random.default_rng(7)
    design = boundaries_compute([0.2, 0.5, 1.0], 0.1, SpendingPlan(Spending.POWER, 1.0))
    steps = rng.normal(size=(200_000, 3)) * np.sqrt([0.2, 0.3, 0.5])
    z = np.cumsum(steps, axis=1) / np.sqrt([0.2, 0.5, 1.0])
    share = float((np.abs(z) >= np.array(design.z)).any(axis=1).mean())
    assert share == pytest.approx(0.1, abs=0.003)


@QUICK
@given(
    st.floats(0.5, 50),
    st.floats(0.1, 500),
    st.integers(2, 5),
    st.floats(0.5, 0.95),
    st.sampled_from(list(Scale)),
)
def test_power_effect_and_size_are_inverse_to_each_other(
    mean: float, variance: float, arms: int, power: float, scale: Scale
) -> None:
    inputs = PlanInputs(mean, variance, (1.0,) * arms, scale=scale)
    n_total = 1000.0 * arms * max(1.0, variance / mean**2)
    effect = mde_compute(inputs, power=power, n_total=n_total)
    reached = plan_power_compute(inputs, effect=effect, n_total=n_total).power
    assert reached == pytest.approx(power, abs=1e-3)
    size = sample_size_compute(inputs, effect=effect, power=power)
    assert size == pytest.approx(n_total, abs=1.01)


@pytest.mark.parametrize("scale", list(Scale))
def test_sequential_and_group_sequential_plans_invert_too(scale: Scale) -> None:
    plan = SpendingPlan(Spending.OBRIEN_FLEMING)
    for extra in (
        PlanInputs(10, 100, scale=scale, tuning_n=5000),
        PlanInputs(10, 100, scale=scale, information=(0.5, 1.0), spending=plan),
        PlanInputs(10, 100, scale=scale, prior=NormalPrior(0.0, 1.0, scale)),
    ):
        effect = mde_compute(extra, power=0.8, n_total=20_000)
        answer = plan_power_compute(extra, effect=effect, n_total=20_000)
        assert answer.power == pytest.approx(0.8, abs=1e-4)
        # The published formula for sequences understates power above one half.
        assert answer.power_at_look >= answer.power - 1e-12
        size = sample_size_compute(extra, effect=effect, power=0.8)
        assert size == pytest.approx(20_000, rel=1e-3)
