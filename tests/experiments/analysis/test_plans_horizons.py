"""Every method and horizon, looks, corrections, guardrails, series."""

import math
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.experiments.contracts.assignment import Status
from apps.experiments.contracts.design import (
    AnalysisPlan,
    Correction,
    ExperimentKind,
    Horizon,
    Method,
    MetricRole,
    MetricUse,
)
from apps.experiments.contracts.metrics import Direction, MetricKind
from apps.experiments.contracts.results import ExperimentResults, Verdict
from apps.experiments.contracts.rollups import RollupKey, RollupSums
from apps.experiments.contracts.statistics import Spending
from apps.experiments.domain.analysis.analyse import experiment_analyse
from apps.experiments.domain.analysis.corrections import families_corrected
from apps.experiments.domain.analysis.looks import (
    boundary_of,
    crossed_z,
    looks_read,
    looks_taken,
    repeated_p,
    spending_of,
)
from tests.experiments.analysis.factory import (
    START,
    context,
    day_of,
    design,
    metric,
    phase,
    rollups,
    simulated,
    sums,
)

GROUPED = AnalysisPlan(
    horizon=Horizon.GROUP_SEQUENTIAL, planned_units=2000, looks=5, minimum_runtime_days=1
)


def _days(*units: int) -> list[tuple[Any, int]]:
    return [(day_of(place), count) for place, count in enumerate(units)]


def test_a_look_is_the_evening_of_a_planned_share() -> None:
    looks = looks_taken(
        _days(100, 250, 390, 410, 900, 1000, 1100), planned_units=1000, looks=5,
        before=day_of(99), ended=False,
    )  # fmt: skip
    assert looks.days == (day_of(1), day_of(3), day_of(4), day_of(5))
    assert looks.information == (0.25, 0.41, 0.9, 1.0)
    assert looks.last == day_of(5)


def test_the_running_day_is_no_look() -> None:
    taken = {"planned_units": 1000.0, "looks": 2, "ended": False}
    assert looks_taken(_days(500), before=day_of(0), **taken).days == ()  # type: ignore[arg-type]  # by name
    assert looks_taken(_days(500), before=day_of(1), **taken).days == (day_of(0),)  # type: ignore[arg-type]  # by name


def test_the_end_is_the_last_look_once() -> None:
    early = looks_taken(_days(100, 300), planned_units=1000, looks=2, before=day_of(1), ended=True)
    assert early.information == (0.3,)
    full = looks_taken(
        _days(500, 1000, 1200), planned_units=1000, looks=2, before=day_of(9), ended=True
    )
    assert full.information == (0.5, 1.0)


@given(st.floats(0.01, 0.3), st.floats(0.0, 6.0), st.sampled_from(list(Spending)))
@settings(max_examples=30, deadline=None)
def test_repeated_p_is_below_alpha_where_the_boundary_is_passed(
    alpha: float, z: float, family: Spending
) -> None:
    plan = replace(GROUPED, alpha=alpha, spending=family)
    information = (0.31, 0.62, 1.05)
    bounds = boundary_of(information, alpha, spending_of(plan))
    for place, bound in enumerate(bounds):
        statistics = [0.0] * 3
        statistics[place] = z
        p_value = repeated_p(looks_read(statistics, information, plan))
        if abs(z - bound) > 1e-6:
            assert (p_value < alpha) is (z > bound)


def test_a_look_without_anything_to_spend_shows_nothing() -> None:
    plan = replace(GROUPED, spending=Spending.POWER, spending_rho=200.0)
    assert repeated_p(looks_read([30.0], (0.0001,), plan)) == 1.0
    assert repeated_p(()) == 1.0


def _analysed(plan: AnalysisPlan, lift: float = 0.0, **fields: Any) -> ExperimentResults:
    return experiment_analyse(simulated(lift=lift, design=design(plan=plan), **fields))


def test_group_sequential_reads_the_last_look_everywhere() -> None:
    found = _analysed(GROUPED, 0.3, as_of=START + timedelta(days=5))
    # 1000 units by the fourth evening: looks at 400 and 800, the fifth day still runs.
    [row] = found.metrics
    assert found.extra["looks"]["taken"] == 2  # type: ignore[index,call-overload]  # an object
    assert [arm.n for arm in row.arms] == [400, 400]
    [comparison] = row.comparisons
    assert comparison.relative is not None
    bound = boundary_of((0.2, 0.4), 0.05, spending_of(GROUPED))[-1]
    half = bound * comparison.relative.standard_error
    low, high = comparison.relative.ci
    assert (low + high) / 2 == pytest.approx(comparison.relative.estimate)
    assert (high - low) / 2 == pytest.approx(half)
    assert comparison.significant == (low > 0)
    drawn = {point.day: point.ci for point in found.series}
    assert drawn[day_of(0)] == (-math.inf, math.inf)
    assert drawn[day_of(2)] == drawn[day_of(1)] != drawn[day_of(3)]
    assert drawn[day_of(3)] == pytest.approx((low, high))


def test_before_the_first_look_nothing_may_be_read() -> None:
    found = _analysed(GROUPED, 3.0, as_of=START + timedelta(days=1))
    assert not found.metrics[0].comparisons[0].significant
    assert found.metrics[0].comparisons[0].p_value == 1.0
    assert any("first planned look" in why for why in found.unreadable_because)


def test_crossing_a_boundary_once_is_enough() -> None:
    rng = np.random.default_rng(3)
    days = {
        (1, name): [rng.normal(mean, 1, 200) for mean in means]
        for name, means in (("control", [5, 5, 5, 5, 5]), ("treatment", [8, 2, 5, 5, 5]))
    }
    base = simulated(design=design(plan=replace(GROUPED, planned_units=2000)))
    counts = tuple(replace(row, units=200) for row in base.exposures if row.day < day_of(5))
    found = experiment_analyse(replace(base, rollups=rollups("revenue", days), exposures=counts))
    comparison = found.metrics[0].comparisons[0]
    assert comparison.relative is not None
    assert comparison.relative.ci[0] < 0 < comparison.relative.ci[1]
    assert comparison.significant
    # The verdict is that of the first look; all days together may since have gone down.
    assert comparison.verdict is Verdict.BETTER


def test_the_verdict_is_of_the_look_that_crossed_not_of_the_latest_effect() -> None:
    rng = np.random.default_rng(3)
    days = {
        (1, name): [rng.normal(mean, 1, 200) for mean in means]
        for name, means in (("control", [5, 5, 5]), ("treatment", [8, 2, 4.8]))
    }
    base = simulated(design=design(plan=replace(GROUPED, planned_units=2000)))
    counts = tuple(replace(row, units=200) for row in base.exposures if row.day < day_of(3))
    found = experiment_analyse(replace(base, rollups=rollups("revenue", days), exposures=counts))
    comparison = found.metrics[0].comparisons[0]
    assert comparison.relative is not None
    assert comparison.relative.estimate < 0
    assert comparison.significant
    assert comparison.verdict is Verdict.BETTER


def test_the_first_look_that_passed_a_level_decides_its_sign() -> None:
    plan = replace(GROUPED, spending=Spending.POCOCK)
    taken = looks_read([2.7, -4.0, 1.0], (0.3, 0.6, 1.0), plan)
    assert taken[0].p_value < plan.alpha
    assert crossed_z(taken, plan.alpha) == 2.7
    # Several comparisons are paid for: at their level only the second look passed.
    assert crossed_z(taken, taken[1].p_value) == -4.0
    assert crossed_z(taken, 1e-12) is None


@pytest.mark.parametrize("taken", [0, 3])
def test_planned_looks_have_the_size_of_the_plan_alone(taken: int) -> None:
    plan = replace(GROUPED, planned_units=0)
    found = _analysed(plan, 0.3, as_of=START + timedelta(days=3 + taken))
    assert found.extra["planned_units"] is None
    assert found.extra["looks"]["taken"] == 0  # type: ignore[index,call-overload]  # an object
    assert not found.readable
    assert any("does not say the units" in why for why in found.unreadable_because)


def test_a_group_sequential_plan_without_a_size_takes_no_look() -> None:
    plan = replace(GROUPED, planned_units=0)
    found = experiment_analyse(context({}, design=design(plan=plan)))
    assert found.extra["looks"]["taken"] == 0  # type: ignore[index,call-overload]  # an object
    assert found.recommendation.action.value == "no_data"


def test_confidence_sequence_band_holds_the_fixed_interval() -> None:
    plan = AnalysisPlan(horizon=Horizon.CONFIDENCE_SEQUENCE, tuning_n=1000, minimum_runtime_days=1)
    for point in _analysed(plan).series:
        assert point.ci[0] < point.fixed_ci[0] < point.fixed_ci[1] < point.ci[1]


def test_bayesian_needs_no_p_value() -> None:
    found = _analysed(AnalysisPlan(method=Method.BAYESIAN, minimum_runtime_days=1), 0.2)
    comparison = found.metrics[0].comparisons[0]
    assert (comparison.p_value, comparison.adjusted_p_value) == (None, None)
    assert comparison.chance_to_win is not None
    assert comparison.chance_to_win > 0.99
    assert comparison.significant
    assert found.series[-1].ci == comparison.relative.ci  # type: ignore[union-attr]  # is there
    assert found.readable


def _rate(a: int, b: int, n: int = 200) -> dict[RollupKey, RollupSums]:
    return {
        RollupKey(1, name, "revenue", "", "", day_of(0)): RollupSums(
            n, count, float(count), float(count)
        )
        for name, count in (("control", a), ("treatment", b))
    }


def test_rates_under_a_flat_prior_are_beta_binomial() -> None:
    plan = AnalysisPlan(method=Method.BAYESIAN, prior_sd=None)
    rate = (metric("revenue", MetricKind.PROPORTION),)
    found = experiment_analyse(context(_rate(20, 40), rate, design=design(plan=plan)))
    comparison = found.metrics[0].comparisons[0]
    assert comparison.origin is not None
    assert comparison.origin.method == "beta-binomial#bayesian"
    assert comparison.chance_to_win == pytest.approx(0.9976, abs=2e-3)


def test_control_without_conversions_has_an_absolute_posterior_only() -> None:
    plan = AnalysisPlan(method=Method.BAYESIAN, prior_sd=None)
    rate = (metric("revenue", MetricKind.PROPORTION),)
    found = experiment_analyse(context(_rate(0, 10), rate, design=design(plan=plan)))
    comparison = found.metrics[0].comparisons[0]
    assert comparison.relative is None
    assert comparison.absolute is not None
    assert comparison.state is not None
    assert comparison.verdict is Verdict.BETTER


@pytest.mark.parametrize("method", list(Method))
@pytest.mark.parametrize("horizon", list(Horizon))
def test_what_cannot_be_computed_says_why(method: Method, horizon: Horizon) -> None:
    plan = AnalysisPlan(method=method, horizon=horizon, planned_units=10)
    flat = {
        RollupKey(1, name, "revenue", "", "", day_of(0)): RollupSums(50, 50, 50.0, 50.0)
        for name in ("control", "treatment")
    }
    found = experiment_analyse(context(flat, design=design(plan=plan)))
    comparison = found.metrics[0].comparisons[0]
    assert comparison.verdict is Verdict.CANNOT_COMPUTE
    assert comparison.state is not None
    assert comparison.p_value is None
    assert found.series == ()
    assert (found.metrics[0].arms[0].value, found.metrics[0].arms[0].standard_error) == (1.0, 0.0)


def test_a_zero_control_has_an_absolute_test() -> None:
    zero = np.zeros(100)
    zero[:2] = (1.0, -1.0)
    rows = {
        RollupKey(1, "control", "revenue", "", "", day_of(0)): sums(zero),
        RollupKey(1, "treatment", "revenue", "", "", day_of(0)): sums(np.full(100, 3.0) + zero),
    }
    comparison = experiment_analyse(context(rows)).metrics[0].comparisons[0]
    assert comparison.relative is None
    assert comparison.p_value is not None
    assert comparison.verdict is Verdict.BETTER
    assert comparison.state is not None


def test_lower_is_better_turns_the_verdict() -> None:
    down = (metric("revenue", direction=Direction.DOWN),)
    base = simulated(lift=0.3)
    assert experiment_analyse(base).metrics[0].comparisons[0].verdict is Verdict.BETTER
    worse = experiment_analyse(replace(base, metrics=down))
    assert worse.metrics[0].comparisons[0].verdict is Verdict.WORSE
    assert worse.recommendation.action.value == "roll_back"


USES = (
    MetricUse("a", MetricRole.PRIMARY),
    MetricUse("b", MetricRole.SECONDARY),
    MetricUse("c", MetricRole.SECONDARY),
    MetricUse("d", MetricRole.GUARDRAIL),
)


def test_families_are_corrected_apart() -> None:
    tests = [
        (USES[0], "t", 0.04), (USES[1], "t", 0.01), (USES[2], "t", 0.03), (USES[3], "t", 0.04),
        (USES[2], "u", None),
    ]  # fmt: skip
    family = families_corrected(tests, Correction.HOLM)
    found = [family.adjusted_p(use, "t") for use in USES]
    assert found == pytest.approx([0.04, 0.02, 0.03, 0.04])
    assert family.adjusted_p(USES[2], "u") is None
    bh = families_corrected(tests, Correction.BENJAMINI_HOCHBERG)
    assert bh.adjusted_p(USES[1], "t") == pytest.approx(0.02)
    plain = families_corrected(tests, Correction.NONE)
    assert plain.adjusted_p(USES[1], "t") == 0.01


def _guarded(lift: float, plan: AnalysisPlan, *, direction: Direction = Direction.UP) -> Any:
    uses = (
        MetricUse("revenue", MetricRole.PRIMARY, 1),
        MetricUse("speed", MetricRole.GUARDRAIL, 1, margin=0.05),
    )
    base = simulated(lift=0.3, units=200, seed=5)
    other = simulated(lift=lift, units=200, seed=6)
    rows = dict(base.rollups) | {
        replace(key, metric="speed"): row for key, row in other.rollups.items()
    }
    return experiment_analyse(
        replace(
            base,
            rollups=rows,
            metrics=(metric("revenue"), metric("speed", direction=direction)),
            design=design(*uses, plan=plan),
        )
    )


@pytest.mark.parametrize(
    "plan",
    [
        AnalysisPlan(planned_units=10, minimum_runtime_days=1),
        AnalysisPlan(horizon=Horizon.CONFIDENCE_SEQUENCE, tuning_n=2000, minimum_runtime_days=1),
        replace(GROUPED, planned_units=4000),
        AnalysisPlan(method=Method.BAYESIAN, minimum_runtime_days=1),
    ],
    ids=["fixed", "sequence", "grouped", "bayesian"],
)
def test_guardrails_are_non_inferiority(plan: AnalysisPlan) -> None:
    broken = _guarded(-0.3, plan)
    guard = broken.metrics[1].comparisons[0]
    assert (guard.guardrail_safe, guard.guardrail_breached) == (False, True)
    assert guard.verdict is Verdict.WORSE
    assert broken.recommendation.action.value == "roll_back"
    assert "breaches a guardrail" in broken.recommendation.headline
    fine = _guarded(0.3, plan)
    guard = fine.metrics[1].comparisons[0]
    assert (guard.guardrail_safe, guard.guardrail_breached) == (True, False)
    assert guard.guardrail_p_value is not None
    assert guard.guardrail_p_value < 0.05
    assert fine.recommendation.action.value == "ship"
    unsure = _guarded(-0.02, plan)
    assert unsure.metrics[1].comparisons[0].guardrail_safe is False
    assert any("Not yet shown" in why for why in unsure.recommendation.reasons)


def test_a_guardrail_that_falls_is_fine_where_lower_is_better() -> None:
    plan = AnalysisPlan(planned_units=10, minimum_runtime_days=1)
    guard = _guarded(-0.3, plan, direction=Direction.DOWN).metrics[1].comparisons[0]
    assert guard.guardrail_safe


def test_a_guardrail_before_the_first_look_is_open() -> None:
    plan = replace(GROUPED, planned_units=10**6)
    guard = _guarded(-0.3, plan).metrics[1].comparisons[0]
    assert (guard.guardrail_safe, guard.guardrail_breached) == (False, False)


def test_a_guardrail_out_of_range_is_not_judged() -> None:
    base = simulated()
    uses = (
        MetricUse("revenue", MetricRole.GUARDRAIL, 1, margin=-1.0),
        MetricUse("x", MetricRole.PRIMARY),
    )
    found = experiment_analyse(replace(base, design=design(*uses)))
    assert found.metrics[0].comparisons[0].guardrail_safe is None
    flat = {key: RollupSums(10, 0, 0.0, 0.0) for key in base.rollups}
    found = experiment_analyse(replace(base, rollups=flat, design=design(*uses)))
    assert found.metrics[0].comparisons[0].guardrail_safe is None


def test_bandit_effects_are_not_moved_by_the_allocation() -> None:
    # A good first phase with half of the units in each arm, a bad second one, nearly all in
    # treatment: thrown together treatment looks worse, phase by phase it is better by 1.
    rng = np.random.default_rng(1)
    days = {
        (1, "control"): [rng.normal(10, 1, 500)], (1, "treatment"): [rng.normal(11, 1, 500)],
        (2, "control"): [rng.normal(4, 1, 100)], (2, "treatment"): [rng.normal(5, 1, 900)],
    }  # fmt: skip
    phases = (
        phase(1, ends_at=START + timedelta(days=1)),
        phase(2, salt_version=2, weights=(0.1, 0.9), starts_at=START + timedelta(days=1)),
    )
    own = design(kind=ExperimentKind.BANDIT)
    found = experiment_analyse(context(rollups("revenue", days), design=own, phases=phases))
    comparison = found.metrics[0].comparisons[0]
    assert comparison.absolute is not None
    assert comparison.absolute.estimate == pytest.approx(1.0, abs=0.25)
    assert comparison.verdict is Verdict.BETTER
    assert [point.phase for point in found.allocation] == [1, 2]
    # One phase alone is read by itself; an allocation by its number.
    alone = experiment_analyse(
        context(rollups("revenue", days), design=own, phases=phases, phase=2)
    )
    assert alone.units == {"control": 0, "treatment": 0}
    assert alone.metrics[0].arms[1].n == 900
    version = experiment_analyse(
        context(rollups("revenue", days), design=own, phases=phases, salt_version=1)
    )
    assert version.metrics[0].arms[1].n == 500


def test_bandit_phases_without_both_arms_are_left_out() -> None:
    rng = np.random.default_rng(1)
    days = {(1, "control"): [rng.normal(10, 1, 50)], (2, "treatment"): [rng.normal(10, 1, 50)]}
    own = design(kind=ExperimentKind.BANDIT)
    phases = (phase(1), phase(2, salt_version=2))
    found = experiment_analyse(context(rollups("revenue", days), design=own, phases=phases))
    comparison = found.metrics[0].comparisons[0]
    assert comparison.state is not None
    assert comparison.state.reason.value == "too_few_units"


def test_phases_of_one_salt_are_pooled_and_of_another_apart() -> None:
    rng = np.random.default_rng(1)
    days = {
        (number, name): [rng.normal(10 + number, 1, 100)]
        for number in (1, 2, 3)
        for name in ("control", "treatment")
    }
    phases = (phase(1), phase(2, salt_version=2), phase(3, salt_version=2))
    found = experiment_analyse(context(rollups("revenue", days), phases=phases))
    assert found.salt_version == 2
    assert [arm.n for arm in found.metrics[0].arms] == [200, 200]
    old = experiment_analyse(context(rollups("revenue", days), phases=phases, salt_version=1))
    assert old.salt_version == 1
    assert [arm.n for arm in old.metrics[0].arms] == [100, 100]


def test_an_ended_run_reads_its_end() -> None:
    base = simulated(
        design=design(plan=replace(GROUPED, planned_units=10**6)),
        status=Status.COMPLETED,
        ended_at=START + timedelta(days=9),
    )
    found = experiment_analyse(base)
    assert found.extra["looks"]["taken"] == 1  # type: ignore[index,call-overload]  # an object
    assert found.recommendation.action.value == "inconclusive"
