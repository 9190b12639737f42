"""Health, readiness, recommendation, dimensions, traffic, documents, plan calculator."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from apps.experiments.contracts.analysis import AnalysisContext, PlanQuestion
from apps.experiments.contracts.assignment import Status
from apps.experiments.contracts.design import (
    AnalysisPlan,
    Correction,
    ExperimentKind,
    Horizon,
    Method,
    MetricRole,
    MetricUse,
    Schedule,
    UnitType,
)
from apps.experiments.contracts.metrics import Direction, MetricKind
from apps.experiments.contracts.results import ExperimentResults, HealthCheck, HealthStatus
from apps.experiments.contracts.rollups import AgeDay, InterleavingDay, RollupKey, RollupSums
from apps.experiments.contracts.statistics import Reason
from apps.experiments.domain.analysis.analyse import experiment_analyse
from apps.experiments.domain.analysis.documents import (
    DocumentInvalid,
    document_read,
    document_written,
    results_document,
    results_read,
)
from apps.experiments.domain.analysis.plans import plan_answer
from apps.experiments.domain.analysis.scope import scope_of
from apps.experiments.domain.analysis.sums import EMPTY, rollups_added
from apps.experiments.domain.analysis.traffic import units_per_day
from apps.experiments.domain.analysis.words import signed
from tests.experiments.analysis.factory import (
    START,
    context,
    day_of,
    design,
    exposures,
    freshness,
    metric,
    phase,
    rollups,
    simulated,
    sums,
)

END = START + timedelta(days=10)


def _check(found: ExperimentResults, code: str, scope: str = "") -> HealthCheck:
    return next(each for each in found.health if each.code == code and each.scope == scope)


def _with_units(control: list[int], treatment: list[int], **fields: Any) -> AnalysisContext:
    rows = exposures({(1, "control"): control, (1, "treatment"): treatment})
    return replace(simulated(), exposures=rows, **fields)


def test_a_split_that_fits_and_one_that_does_not() -> None:
    assert _check(experiment_analyse(_with_units([500], [520])), "srm").status is HealthStatus.OK
    broken = experiment_analyse(_with_units([500], [700]))
    alarm = _check(broken, "srm")
    assert alarm.status is HealthStatus.ALARM
    assert alarm.table[1]["expected"] == 600.0
    assert not broken.readable
    assert broken.recommendation.action.value == "investigate"
    assert any("Sample ratio" in why for why in broken.unreadable_because)


def test_the_split_is_checked_by_phase_against_its_own_weights() -> None:
    phases = (phase(1), phase(2, weights=(0.9, 0.1)))
    rows = exposures(
        {
            (1, "control"): [500],
            (1, "treatment"): [500],
            (2, "control"): [900],
            (2, "treatment"): [100],
        }
    )
    found = experiment_analyse(replace(simulated(), exposures=rows, phases=phases))
    assert {check.scope for check in found.health if check.code == "srm"} == {
        "", "phase 1", "phase 2",
    }  # fmt: skip
    assert all(check.status is HealthStatus.OK for check in found.health if check.code == "srm")


def test_dimension_values_share_the_threshold() -> None:
    rows = exposures({(1, "control"): [500], (1, "treatment"): [500]})
    # p = 0.0007: an alarm alone, not as one of two values.
    for value, counts in (("a", [500, 609]), ("b", [300, 300])):
        rows += exposures(
            {(1, "control"): [counts[0]], (1, "treatment"): [counts[1]]},
            dimension="device",
            value=value,
        )
    own = design(dimensions=("device",))
    found = experiment_analyse(replace(simulated(), exposures=rows, design=own))
    check = _check(found, "srm", "device=a")
    assert check.p_value is not None
    assert 0.0005 < check.p_value < 0.0013
    assert check.status is HealthStatus.OK
    tiny = exposures({(1, "control"): [1], (1, "treatment"): [1]})
    few = experiment_analyse(replace(simulated(), exposures=tiny))
    assert _check(few, "srm").status is HealthStatus.UNKNOWN
    none = experiment_analyse(replace(simulated(), exposures=()))
    assert _check(none, "srm").status is HealthStatus.UNKNOWN


def _fresh(**fields: Any) -> ExperimentResults:
    return experiment_analyse(replace(simulated(), freshness=freshness(END, **fields)))


def test_units_in_two_variants() -> None:
    assert _check(_fresh(multiple=5), "multiple_exposure").status is HealthStatus.OK
    assert _check(_fresh(multiple=90), "multiple_exposure").status is HealthStatus.ALARM
    assert _check(_fresh(units=0), "multiple_exposure").status is HealthStatus.UNKNOWN


@pytest.mark.parametrize(
    ("wrong", "status"),
    [(0, "ok"), (1, "ok"), (20, "warning"), (200, "alarm")],
)
def test_exposures_against_the_rule(wrong: int, status: str) -> None:
    assert _check(_fresh(mismatched=wrong), "mismatch").status.value == status
    assert _check(_fresh(unknown=wrong), "mismatch").status.value == status


def test_no_exposures_cannot_disagree_with_the_rule() -> None:
    found = experiment_analyse(replace(simulated(), exposures=()))
    assert _check(found, "mismatch").status is HealthStatus.UNKNOWN


@pytest.mark.parametrize(
    ("hours", "exposed", "status"),
    [(0.5, 1, "ok"), (3, 1, "warning"), (30, 1, "alarm"), (0, 50, "warning")],
)
def test_freshness(hours: float, exposed: float, status: str) -> None:
    found = _fresh(
        as_of=END - timedelta(hours=hours), last_exposure_at=END - timedelta(hours=exposed)
    )
    assert _check(found, "freshness").status.value == status


def test_freshness_before_the_first_run_and_after_the_end() -> None:
    assert _check(_fresh(as_of=None), "freshness").status is HealthStatus.UNKNOWN
    old = freshness(START, last_event_at=None, last_exposure_at=None)
    done = replace(simulated(), freshness=old, status=Status.COMPLETED)
    assert _check(experiment_analyse(done), "freshness").status is HealthStatus.OK


def _without_rows(*variants: str) -> ExperimentResults:
    base = simulated()
    rows = {
        key: replace(row, rows=0) if key.variant in variants else row
        for key, row in base.rollups.items()
    }
    return experiment_analyse(replace(base, rollups=rows))


def test_missing_events() -> None:
    assert _check(_without_rows(), "missing_events").status is HealthStatus.OK
    assert _check(_without_rows("treatment"), "missing_events").status is HealthStatus.ALARM
    everywhere = _check(_without_rows("control", "treatment"), "missing_events")
    assert everywhere.status is HealthStatus.WARNING
    assert "any variant" in everywhere.message


def test_days_without_an_exposure() -> None:
    base = simulated()
    rows = tuple(row for row in base.exposures if row.day != day_of(3))
    check = _check(experiment_analyse(replace(base, exposures=rows)), "missing_events")
    assert check.status is HealthStatus.WARNING
    assert day_of(3).isoformat() in check.message
    nothing = _check(experiment_analyse(replace(base, exposures=())), "missing_events")
    assert nothing.status is HealthStatus.OK


def _with_covariate(shift: float, *, flat: bool = False) -> ExperimentResults:
    rng = np.random.default_rng(2)
    rows = {}
    for name, more in (("control", 0.0), ("treatment", shift)):
        x = np.full((500, 1), 3.0) if flat else rng.gamma(2.0, 2.0, (500, 1)) + more
        y = x[:, 0] + rng.normal(10, 1, 500)
        rows[RollupKey(1, name, "revenue", "", "", day_of(0))] = sums(y, x=x)
    return experiment_analyse(context(rows))


def test_arms_alike_before_exposure() -> None:
    assert _check(_with_covariate(0.0), "pre_exposure_bias").status is HealthStatus.OK
    alarm = _check(_with_covariate(2.0), "pre_exposure_bias")
    assert alarm.status is HealthStatus.ALARM
    assert alarm.p_value is not None
    assert (
        _check(_with_covariate(0.0, flat=True), "pre_exposure_bias").status is HealthStatus.UNKNOWN
    )
    assert not any(
        check.code == "pre_exposure_bias" for check in experiment_analyse(simulated()).health
    )


def test_units_that_a_metric_chooses_after_exposure_need_not_have_been_alike() -> None:
    # Only units that clicked have a time to first click, and the treatment makes others click:
    # those who did were not alike before, though everybody was.
    rng = np.random.default_rng(2)
    rows = {}
    for name, more in (("control", 0.0), ("treatment", 2.0)):
        x = rng.gamma(2.0, 2.0, (500, 1)) + more
        rows[RollupKey(1, name, "wait", "", "", day_of(0))] = sums(rng.normal(10, 1, 500), x=x)
    base = context(
        rows,
        design=design(MetricUse("wait", MetricRole.PRIMARY, 1)),
        metrics=(metric("wait", missing_is_zero=False),),
    )
    found = experiment_analyse(base)
    assert not any(check.code == "pre_exposure_bias" for check in found.health)


def _aged(effects: list[float], *, ratio: bool = False) -> ExperimentResults:
    rows = []
    for age, effect in enumerate(effects):
        n = 2000 if age < 9 else 5
        for name, lift in (("control", 0.0), ("treatment", effect)):
            m = n * 1.0 * (1 + lift)
            mm = m * m / n + n * 0.04
            more = {"d": 2.0 * n, "dd": 4.4 * n, "md": m * 2.0} if ratio else {}
            rows.append(AgeDay(1, name, "revenue", age, n, m, mm, **more))
    flat = AgeDay(1, "control", "revenue", 99, 2000, 0.0, 0.0)
    rows += [flat, replace(flat, variant="treatment")]
    kind = MetricKind.RATIO if ratio else MetricKind.MEAN
    base = simulated()
    return experiment_analyse(replace(base, ages=tuple(rows), metrics=(metric("revenue", kind),)))


@pytest.mark.parametrize("ratio", [False, True])
def test_novelty(ratio: bool) -> None:
    fading = [0.3, 0.25, 0.2, 0.15, 0.1, 0.08, 0.05, 0.02, 0.01, 0.9]
    check = _check(_aged(fading, ratio=ratio), "novelty", "treatment")
    assert check.status is HealthStatus.WARNING
    assert "fades" in check.message
    assert len(check.table) == 9
    grows = _check(_aged(fading[8::-1], ratio=ratio), "novelty", "treatment")
    assert "grows" in grows.message
    steady = _check(_aged([0.1] * 9, ratio=ratio), "novelty", "treatment")
    assert "no trend" in steady.message


def _two_phases(kind: ExperimentKind = ExperimentKind.AB) -> ExperimentResults:
    rng = np.random.default_rng(1)
    days = {
        (1, "control"): [rng.normal(10, 1, 900)], (1, "treatment"): [rng.normal(11, 1, 100)],
        (2, "control"): [rng.normal(4, 1, 100)], (2, "treatment"): [rng.normal(5, 1, 900)],
    }  # fmt: skip
    phases = (phase(1), phase(2))
    return experiment_analyse(
        context(rollups("revenue", days), phases=phases, design=design(kind=kind))
    )


def test_phases_that_contradict_their_pool() -> None:
    check = _check(_two_phases(), "simpson", "treatment")
    assert check.status is HealthStatus.WARNING
    assert "contradict" in check.message
    assert (
        _check(_two_phases(ExperimentKind.BANDIT), "simpson", "treatment").status
        is HealthStatus.OK
    )


def test_one_phase_with_units_has_nothing_to_contradict() -> None:
    days = {(1, name): [np.arange(100.0)] for name in ("control", "treatment")}
    found = experiment_analyse(context(rollups("revenue", days), phases=(phase(1), phase(2))))
    assert _check(found, "simpson", "treatment").status is HealthStatus.UNKNOWN


def _plan(**fields: Any) -> AnalysisPlan:
    return AnalysisPlan(**{"minimum_runtime_days": 1, **fields})


def _read(plan: AnalysisPlan, **fields: Any) -> ExperimentResults:
    schedule = fields.pop("schedule", Schedule())
    own = design(plan=plan, schedule=schedule)
    return experiment_analyse(simulated(**fields, design=own))


def test_why_not_to_read_yet() -> None:
    found = _read(_plan(minimum_runtime_days=14, minimum_units=5000, planned_units=10**5))
    assert not found.readable
    text = " ".join(found.unreadable_because)
    assert "10.0 of at least 14 days" in text
    assert "1,000 of at least 5,000 units" in text
    assert "2,000 of 100,000 planned units" in text
    assert found.recommendation.action.value == "keep_running"
    assert found.recommendation.days_left == pytest.approx((10**5 - 2000) / 200)


def test_a_fixed_horizon_ends_with_its_schedule() -> None:
    late = Schedule(ends_at=START + timedelta(days=20))
    found = _read(_plan(), schedule=late)
    assert "A fixed horizon is read once, at its end on 2026-05-24." in found.unreadable_because
    assert found.days_planned == 20.0
    assert _read(_plan(), schedule=Schedule(ends_at=END)).readable


def test_a_fixed_horizon_without_a_size_is_what_power_needs() -> None:
    found = _read(_plan(mde=0.01))
    assert not found.readable
    assert found.extra["planned_units"] > 10_000  # type: ignore[operator]  # a number
    assert _read(_plan(mde=0.5)).readable
    flat = {key: RollupSums(10, 1, 0.0, 0.0) for key in simulated().rollups}
    none = experiment_analyse(replace(simulated(), rollups=flat, design=design(plan=_plan())))
    assert any("size cannot be said" in why for why in none.unreadable_because)
    assert none.days_planned is None


def test_what_is_over_may_be_read() -> None:
    found = _read(
        _plan(planned_units=10**6), status=Status.COMPLETED, ended_at=START + timedelta(days=8)
    )
    assert found.readable
    assert found.recommendation.action.value == "inconclusive"
    later = _read(
        _plan(planned_units=10**6), status=Status.COMPLETED, ended_at=END + timedelta(days=8)
    )
    assert not later.readable
    short = _read(_plan(minimum_runtime_days=30), status=Status.COMPLETED)
    assert short.recommendation.headline == "It ended before it could be read."


def test_the_run_of_closed_phases_ends_with_them() -> None:
    closed = (phase(1, ends_at=START + timedelta(days=2)),)
    assert experiment_analyse(replace(simulated(), phases=closed)).days_running == 2.0
    assert experiment_analyse(replace(simulated(), phases=())).days_running == 0.0


def test_recommendations() -> None:
    ship = _read(_plan(planned_units=1000), lift=0.3)
    assert (ship.recommendation.action.value, ship.recommendation.variant) == ("ship", "treatment")
    worse = _read(_plan(planned_units=1000), lift=-0.3)
    assert worse.recommendation.action.value == "roll_back"
    open_end = _read(_plan(planned_units=1000, mde=0.02))
    assert open_end.recommendation.action.value == "keep_running"
    assert "more days at this traffic give 80 % power for 2 %" in open_end.recommendation.headline
    done = _read(_plan(planned_units=1000, mde=0.5))
    assert done.recommendation.action.value == "inconclusive"
    assert "most likely have been found" in done.recommendation.reasons[1]
    assert _read(_plan(planned_units=1000, mde=1e-7)).recommendation.days_left is None
    never = _read(_plan(planned_units=1000, mde=0.0001))
    assert never.recommendation.days_left is None
    assert "cannot be said" in never.recommendation.reasons[1]


def test_days_left_follow_the_horizon() -> None:
    sequence = _read(_plan(horizon=Horizon.CONFIDENCE_SEQUENCE, tuning_n=2000))
    fixed = _read(_plan(planned_units=1000))
    bayes = _read(_plan(method=Method.BAYESIAN))
    grouped = _read(_plan(horizon=Horizon.GROUP_SEQUENTIAL, planned_units=4000, looks=4))
    days = [each.recommendation.days_left for each in (fixed, bayes, sequence)]
    assert days[0] is not None
    assert days[1] is not None
    assert days[2] is not None
    assert 0 < days[0] < days[2]
    assert grouped.recommendation.days_left == pytest.approx(10.0)
    assert "bring the planned units" in grouped.recommendation.headline
    full = _read(_plan(horizon=Horizon.GROUP_SEQUENTIAL, planned_units=2000, looks=4))
    assert "the last look is taken" in full.recommendation.reasons[1]
    bayes_far = _read(_plan(method=Method.BAYESIAN, mde=0.0001, prior_sd=0.0001))
    assert bayes_far.recommendation.days_left is None


def test_without_traffic_no_days_are_promised() -> None:
    base = simulated(design=design(plan=_plan(planned_units=1000)))
    gone = replace(base, as_of=START + timedelta(days=10), exposures=tuple(
        replace(row, units=0) for row in base.exposures
    ))  # fmt: skip
    found = experiment_analyse(gone)
    assert found.recommendation.action.value == "no_data"


def test_no_metric_no_recommendation() -> None:
    found = experiment_analyse(replace(simulated(), metrics=(metric("other"),)))
    assert found.metrics == ()
    assert found.series == ()
    assert found.recommendation.action.value == "no_data"
    assert (
        experiment_analyse(
            replace(simulated(), metrics=(metric("other"),), design=design(dimensions=("device",)))
        ).dimensions
        == ()
    )


def test_every_treatment_must_do_harm_to_roll_back() -> None:
    rng = np.random.default_rng(4)
    days = {
        (1, name): [rng.normal(mean, 1, 300)] for name, mean in (("control", 10.0), ("b", 9.0))
    }
    days[1, "c"] = days[1, "control"]
    counts = {key: [300] for key in days}
    own = design(variants=("control", "b", "c"), plan=_plan(planned_units=10, mde=0.05))
    found = experiment_analyse(
        context(
            rollups("revenue", days), design=own, exposures=exposures(counts),
            phases=(phase(weights=(1 / 3, 1 / 3, 1 / 3)),),
        )
    )  # fmt: skip
    assert found.recommendation.action.value == "inconclusive"
    both = _read(_plan(planned_units=10), lift=-0.4)
    assert "does harm" in both.recommendation.headline


def test_a_guardrail_alone_can_roll_back() -> None:
    uses = (
        MetricUse("revenue", MetricRole.PRIMARY, 1),
        MetricUse("speed", MetricRole.GUARDRAIL, 1),
    )
    base, other = simulated(), simulated(lift=-0.5, seed=9)
    rows = dict(base.rollups) | {replace(k, metric="speed"): r for k, r in other.rollups.items()}
    found = experiment_analyse(
        replace(
            base, rollups=rows, metrics=(metric("revenue"), metric("speed")),
            design=design(*uses, plan=_plan(planned_units=10)),
        )
    )  # fmt: skip
    assert found.recommendation.action.value == "roll_back"
    assert "breaches mean" in found.recommendation.reasons[0]


def test_guardrails_are_read_by_variant() -> None:
    uses = (
        MetricUse("revenue", MetricRole.PRIMARY, 1),
        MetricUse("speed", MetricRole.GUARDRAIL, 1),
    )
    rng = np.random.default_rng(4)
    rows: dict[RollupKey, RollupSums] = {}
    means = {"control": (10, 10), "b": (9, 10), "c": (10, 5)}
    for name, (revenue, speed) in means.items():
        rows |= rollups("revenue", {(1, name): [rng.normal(revenue, 1, 300)]})
        rows |= rollups("speed", {(1, name): [rng.normal(speed, 1, 300)]})
    own = design(*uses, variants=tuple(means), plan=_plan(planned_units=10))
    found = experiment_analyse(
        context(
            rows, (metric("revenue"), metric("speed")), design=own,
            exposures=exposures({(1, name): [300] for name in means}),
            phases=(phase(weights=(1 / 3, 1 / 3, 1 / 3)),),
        )
    )  # fmt: skip
    assert found.recommendation.action.value == "roll_back"
    assert len(found.recommendation.reasons) == 2


def _interleaved(control: int, treatment: int, *, units: int = 100) -> ExperimentResults:
    days = (
        InterleavingDay(
            1, day_of(0), 500, {"control": control, "treatment": treatment}, 20,
            {"control": control, "treatment": treatment}, 1000,
        ),
    )  # fmt: skip
    own = design(kind=ExperimentKind.INTERLEAVING, plan=_plan(planned_units=1000))
    return experiment_analyse(simulated(design=own, interleaving=days, units=units))


def test_interleaving_decides_by_preference() -> None:
    assert _interleaved(50, 150).recommendation.action.value == "ship"
    assert _interleaved(150, 50).recommendation.action.value == "roll_back"
    assert _interleaved(60, 62).recommendation.action.value == "keep_running"
    assert _interleaved(0, 0).interleaving is not None
    assert _interleaved(50, 150, units=2).recommendation.action.value == "keep_running"


def test_interleaving_as_of_a_day_knows_nothing_later() -> None:
    own = design(kind=ExperimentKind.INTERLEAVING, plan=_plan(planned_units=1000))
    days = tuple(
        InterleavingDay(
            1, day_of(ahead), 500, {"control": 10, "treatment": wins}, 20,
            {"control": 10, "treatment": wins}, 1000,
        )
        for ahead, wins in ((0, 15), (5, 90))
    )  # fmt: skip
    then = replace(simulated(design=own, interleaving=days), as_of=START + timedelta(days=2))
    panel = experiment_analyse(then).interleaving
    assert panel is not None
    assert panel.wins == (10, 15)


def test_interleaving_compares_no_arms_that_saw_the_same_blend() -> None:
    found = _interleaved(50, 150)
    (revenue,) = found.metrics
    assert all(arm.value is not None for arm in revenue.arms)
    (against,) = revenue.comparisons
    assert (against.verdict, against.absolute, against.p_value) == ("cannot_compute", None, None)
    assert against.state is not None
    assert against.state.reason is Reason.SAME_TREATMENT
    assert "same blend" in against.state.message
    assert found.series == ()
    assert not {"novelty", "simpson"} & {check.code for check in found.health}


def test_dimensions_are_exploratory() -> None:
    base = simulated(lift=0.3)
    inside = {
        replace(key, dimension="device", value=value): row
        for key, row in base.rollups.items()
        for value in ("desktop", "mobile")
    }
    for plan in (
        _plan(horizon=Horizon.GROUP_SEQUENTIAL, planned_units=2000, correction=Correction.HOLM),
        _plan(planned_units=10),
    ):
        own = design(plan=plan, dimensions=("device",))
        found = experiment_analyse(replace(base, rollups={**base.rollups, **inside}, design=own))
        assert [each.value for each in found.dimensions] == ["desktop", "mobile"]
        comparison = found.dimensions[0].metrics[0].comparisons[0]
        assert comparison.origin is not None
        assert comparison.origin.inputs["correction"] == "none (exploratory)"
        assert comparison.scaled_impact is None


def test_post_stratification_needs_every_unit_in_a_stratum() -> None:
    base = simulated(lift=0.3)
    half = {
        replace(key, dimension="device", value="mobile"): replace(row, n=row.n // 2)
        for key, row in base.rollups.items()
    }
    own = design(plan=_plan(planned_units=10, post_stratify_by="device"), dimensions=("device",))
    found = experiment_analyse(replace(base, rollups={**base.rollups, **half}, design=own))
    origin = found.metrics[0].comparisons[0].origin
    assert origin is not None
    assert origin.inputs["estimator"] == "plain"
    one_arm = {key: row for key, row in half.items() if key.variant == "control"}
    found = experiment_analyse(replace(base, rollups={**base.rollups, **one_arm}, design=own))
    origin = found.metrics[0].comparisons[0].origin
    assert origin is not None
    assert origin.inputs["estimator"] == "plain"


def test_funnels_show_their_steps() -> None:
    rows = {
        RollupKey(1, name, "revenue", "", "", day_of(0)): RollupSums(
            100, 90, 10.0, 10.0, steps=(80, 40, 10)
        )
        for name in ("control", "treatment")
    }
    found = experiment_analyse(context(rows, (metric("revenue", MetricKind.FUNNEL),)))
    assert found.metrics[0].steps["control"] == (80, 40, 10)
    whole = rollups_added(rows.values())
    assert whole.steps == (160, 80, 20)
    assert rollups_added([]) is EMPTY


@pytest.mark.parametrize("kind", [MetricKind.QUANTILE])
def test_a_quantile_without_values_cannot_be_computed(kind: MetricKind) -> None:
    found = experiment_analyse(replace(simulated(), metrics=(metric("revenue", kind),)))
    assert found.metrics[0].comparisons[0].state is not None
    assert found.metrics[0].arms[0].state is not None
    assert found.series == ()


def test_few_values_have_a_quantile_without_an_error() -> None:
    from apps.experiments.contracts.rollups import QuantileRollup

    values = QuantileRollup("revenue", {"control": (1.0, 2.0), "treatment": (1.0, 2.0)})
    base = replace(simulated(), metrics=(metric("revenue", MetricKind.QUANTILE),))
    found = experiment_analyse(replace(base, quantiles={"revenue": values}))
    assert found.metrics[0].arms[0].value == 1.5
    assert found.metrics[0].arms[0].state is not None


def test_capped_sums_show_their_cap() -> None:
    base = simulated()
    rows = {key: replace(row, cap=40.0) for key, row in base.rollups.items()}
    found = experiment_analyse(replace(base, rollups=rows))
    origin = found.metrics[0].comparisons[0].origin
    assert origin is not None
    assert origin.inputs["control.cap"] == 40.0


def test_covariates_that_explain_nothing_computable_are_left_out() -> None:
    rng = np.random.default_rng(2)
    rows = {}
    for name in ("control", "treatment"):
        y = rng.normal(10, 1, 100)
        row = sums(y, x=rng.normal(5, 1, (100, 1)))
        # Sums that contradict each other: the covariate's square is too small.
        rows[RollupKey(1, name, "revenue", "", "", day_of(0))] = replace(row, xx=(1.0,))
    found = experiment_analyse(context(rows))
    origin = found.metrics[0].comparisons[0].origin
    assert origin is not None
    assert origin.inputs["estimator"] == "plain"
    assert not found.metrics[0].comparisons[0].cuped


def test_units_a_day() -> None:
    def daily(days: list[int], as_of_day: float) -> float:
        rows = exposures({(1, "control"): days})
        base = replace(simulated(), exposures=rows, as_of=START + timedelta(days=as_of_day))
        return units_per_day(scope_of(base))

    assert daily([10, 20, 30], 10) == 20.0
    assert daily([10, 20, 999], 2.5) == 15.0
    assert daily([100] * 3 + [10] * 8, 11) == 10.0
    assert daily([40], 0.5) == 40.0
    assert daily([], 5) == 0.0


def test_results_survive_the_document() -> None:
    for plan in (_plan(), _plan(horizon=Horizon.GROUP_SEQUENTIAL, planned_units=2000)):
        found = _read(plan)
        document = json.loads(json.dumps(results_document(found), allow_nan=False))
        assert results_read(document) == found
    interleaved = _interleaved(10, 20)
    assert results_read(json.loads(json.dumps(results_document(interleaved)))) == interleaved


@pytest.mark.parametrize(
    "document",
    [
        None,
        {},
        {"units": []},
        {"variants": 3},
        {"key": 5},
        {"phases": [7]},
        {"recommendation": {"action": "dance"}},
        {"series": [{"day": "x"}]},
    ],
)
def test_what_is_no_analysis_is_refused(document: Any) -> None:
    with pytest.raises(DocumentInvalid):
        results_read(document)


def test_documents_hold_plain_values_only() -> None:
    with pytest.raises(DocumentInvalid):
        document_written({"a": object()})
    with pytest.raises(DocumentInvalid):
        document_read(RollupKey, {"phase": 1})
    from apps.experiments.contracts.results import Effect

    with pytest.raises(DocumentInvalid):
        document_read(Effect, {"estimate": 1, "standard_error": 1, "ci": [1]})


def _question(**fields: Any) -> PlanQuestion:
    rng = np.random.default_rng(0)
    base = PlanQuestion(
        metric=metric("revenue"),
        unit=UnitType.CLIENT,
        weights=(0.5, 0.5),
        coverage=1.0,
        plan=AnalysisPlan(),
        baseline=sums(rng.gamma(2.0, 5.0, 5000)),
        baseline_days=28.0,
        units_per_day=500.0,
    )
    return replace(base, **fields)


def test_a_plan_from_past_traffic() -> None:
    answer = plan_answer(_question())
    assert answer.units_needed is not None
    assert answer.days_needed == pytest.approx(answer.units_needed / 500)
    assert answer.days is not None
    assert answer.days % 7 == 0
    assert answer.power is not None
    assert answer.power >= 0.8
    assert answer.detectable is not None
    assert answer.detectable <= 0.05
    assert "80 % power to find a change of 5 %" in answer.words
    powers = [point.power for point in answer.points]
    assert powers == sorted(powers, key=float)  # type: ignore[arg-type]  # none is missing
    half = plan_answer(_question(coverage=0.5, days=14.0))
    assert half.units == 14 * 250
    assert half.units_needed == answer.units_needed


def test_a_plan_pays_for_several_treatments() -> None:
    two = plan_answer(_question())
    four = plan_answer(_question(weights=(0.25,) * 4))
    free = plan_answer(
        _question(weights=(0.25,) * 4, plan=AnalysisPlan(correction=Correction.NONE))
    )
    assert two.units_needed < free.units_needed < four.units_needed  # type: ignore[operator]  # numbers


@pytest.mark.parametrize("horizon", list(Horizon))
@pytest.mark.parametrize("method", list(Method))
def test_a_plan_reaches_its_power(horizon: Horizon, method: Method) -> None:
    plan = AnalysisPlan(horizon=horizon, method=method)
    answer = plan_answer(_question(plan=plan, days=None))
    at = plan_answer(_question(plan=plan, days=answer.days_needed))
    assert at.power_at_look == pytest.approx(0.8, abs=2e-3)


def test_a_plan_downwards() -> None:
    down = plan_answer(_question(metric=metric("revenue", direction=Direction.DOWN)))
    assert down.units_needed < plan_answer(_question()).units_needed  # type: ignore[operator]  # numbers


def test_a_plan_without_traffic_or_past() -> None:
    idle = plan_answer(_question(units_per_day=0.0))
    assert idle.units_needed is not None
    assert (idle.days_needed, idle.power, idle.points) == (None, None, ())
    assert "no traffic" in idle.words
    empty = plan_answer(_question(baseline=EMPTY))
    assert empty.state is not None
    assert empty.units_needed is None
    quantile = plan_answer(_question(metric=metric("revenue", MetricKind.QUANTILE)))
    assert quantile.state is not None
    few = plan_answer(_question(days=0.001))
    assert few.detectable is None


def test_the_plan_stands_in_words() -> None:
    texts = []
    for plan in (
        _plan(),
        _plan(horizon=Horizon.CONFIDENCE_SEQUENCE, cuped_days=14, post_stratify_by="device"),
        _plan(horizon=Horizon.GROUP_SEQUENTIAL, correction=Correction.NONE),
        _plan(method=Method.BAYESIAN),
        _plan(method=Method.BAYESIAN, prior_sd=None),
    ):
        own = design(plan=plan, kind=ExperimentKind.BANDIT)
        texts.append(experiment_analyse(replace(simulated(), design=own)).plan_words)
    assert "read once, at its end" in texts[0]
    assert "CUPED" in texts[1]
    assert "not corrected" in texts[2]
    assert "sd 30 %" in texts[3]
    assert "flat prior" in texts[4]
    assert "within each phase" in texts[0]


def test_open_ends_have_no_number() -> None:
    assert signed(float("inf")) == "open"
    assert signed(0.02) == "+2.00 %"


def test_a_trend_through_zero_is_no_fading() -> None:
    check = _check(_aged([-0.02, 0.05, 0.1, 0.2, 0.3]), "novelty", "treatment")
    assert check.status is HealthStatus.OK


def test_an_effect_that_changes_sides_turns() -> None:
    check = _check(_aged([0.3, 0.2, 0.0, -0.2, -0.35]), "novelty", "treatment")
    assert check.status is HealthStatus.WARNING
    assert "The effect turns" in check.message


def test_a_control_at_zero_leaves_no_relative_words() -> None:
    rng = np.random.default_rng(2)
    y = rng.normal(0, 1, 200)
    y -= y.mean()
    days = {(1, "control"): [np.concatenate([y, -y])], (1, "treatment"): [rng.normal(0, 1, 400)]}
    counts = exposures({key: [400] for key in days})
    for method in Method:
        own = design(plan=_plan(planned_units=10, method=method))
        exact = {
            key: replace(row, m=0.0) if key.variant == "control" else row
            for key, row in rollups("revenue", days).items()
        }
        found = experiment_analyse(context(exact, design=own, exposures=counts))
        assert found.metrics[0].comparisons[0].relative is None
        if method is Method.FREQUENTIST:
            assert "cannot be computed" in found.recommendation.reasons[0]
        assert found.recommendation.days_left is None


def test_no_phase_no_plan() -> None:
    found = experiment_analyse(
        replace(simulated(), phases=(), metrics=(metric("other"),), design=design(plan=_plan()))
    )
    assert found.extra["planned_units"] is None


def test_strata_that_cannot_be_compared_have_no_reduction() -> None:
    flat = {
        replace(key, dimension=dimension, value=value): RollupSums(100, 1, 100.0, 100.0)
        for key in simulated().rollups
        for dimension, value in (("", ""), ("device", "mobile"))
    }
    own = design(plan=_plan(planned_units=10, post_stratify_by="device"), dimensions=("device",))
    found = experiment_analyse(context(flat, design=own))
    assert found.metrics[0].comparisons[0].variance_reduction is None


def test_empty_strata_do_not_count() -> None:
    base = simulated(lift=0.3)
    more = {replace(k, dimension="device", value="mobile"): r for k, r in base.rollups.items()}
    more |= {replace(k, dimension="device", value="none"): EMPTY for k in base.rollups}
    own = design(plan=_plan(planned_units=10, post_stratify_by="device"), dimensions=("device",))
    found = experiment_analyse(replace(base, rollups={**base.rollups, **more}, design=own))
    origin = found.metrics[0].comparisons[0].origin
    assert origin is not None
    assert origin.inputs["estimator"] == "post_stratified"
