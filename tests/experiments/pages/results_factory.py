"""Hand-built results of every kind that a page must show; the numbers fit each other."""

import math
import random
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from apps.experiments.contracts.design import (
    AnalysisPlan,
    BanditPlan,
    ExperimentDesign,
    ExperimentKind,
    Horizon,
    Method,
    MetricRole,
)
from apps.experiments.contracts.metrics import Direction, MetricKind
from apps.experiments.contracts.results import (
    Action,
    AllocationPoint,
    Comparison,
    DimensionResult,
    Effect,
    ExperimentResults,
    HealthCheck,
    HealthStatus,
    InterleavingResult,
    Recommendation,
    Verdict,
)
from apps.experiments.contracts.rollups import InterleavingDay, RollupFreshness
from apps.experiments.contracts.statistics import CannotCompute, Reason
from tests.experiments.pages.results_parts import (
    AS_OF,
    KEYS,
    NAMES,
    START,
    design_of,
    exposures_of,
    freshness_of,
    health_of,
    metric_of,
    phases_of,
    series_of,
)

__all__ = [
    "AS_OF",
    "KEYS",
    "NAMES",
    "START",
    "design_of",
    "exposures_of",
    "health_of",
    "metric_of",
    "phases_of",
    "series_of",
]


def results_of(**changes: Any) -> ExperimentResults:
    """An A/B with a real effect, readable: ship."""
    mobile = metric_of(n=11_000, lifts=(0.061,), spread=0.03)
    desktop = metric_of(n=13_000, lifts=(0.02,), spread=0.028)
    made = ExperimentResults(
        key="fresh-first", as_of=AS_OF, salt_version=1, variants=KEYS[:2], phases=phases_of(),
        readable=True, unreadable_because=(), days_running=18.25, days_planned=14.0,
        units={"control": 24_000, "fresh": 24_037},
        metrics=(
            metric_of(cuped=True),
            metric_of("cvr", title="Conversion", role=MetricRole.SECONDARY, kind=MetricKind.PROPORTION, format_="percent", base=0.0312, lifts=(0.021,), spread=0.016),
            metric_of("first_click", title="Time to first click", role=MetricRole.SECONDARY, format_="seconds", direction=Direction.DOWN, base=8.4, lifts=(-0.061,), spread=0.012),
            metric_of("latency", title="Search latency", role=MetricRole.GUARDRAIL, format_="number", direction=Direction.DOWN, base=61.0, lifts=(0.002,), spread=0.004),
            metric_of("zero", title="Zero-result rate", role=MetricRole.GUARDRAIL, kind=MetricKind.PROPORTION, format_="percent", direction=Direction.DOWN, base=0.021, lifts=(0.09,), spread=0.021),
        ),
        series=series_of("fresh", 0.042), exposures=exposures_of(KEYS[:2]), health=health_of(),
        dimensions=(DimensionResult("device", "mobile", (mobile,)), DimensionResult("device", "desktop", (desktop,))),
        interleaving=None, allocation=(),
        recommendation=Recommendation(Action.SHIP, "fresh", "Ship “Fresh first”: revenue per visitor rises by 4.2 %.", (
            "Revenue per visitor is better by 4.2 % (95 %: 0.7 % to 7.7 %), p 0.020.",
            "Every guardrail but one is safe: the zero-result rate rises by 9.0 %, beyond its margin of 2 %.",
            "18 days have run, 14 were planned.",
        ), None),
        freshness=freshness_of(), plan_words="Fixed horizon, two-sided at 5 %, read once after 14 days.", extra={"currency": "EUR"},
    )  # fmt: skip
    return replace(made, **changes)


def sequential_design(**changes: Any) -> ExperimentDesign:
    return design_of(plan=AnalysisPlan(horizon=Horizon.CONFIDENCE_SEQUENCE), **changes)


def bayesian_results() -> ExperimentResults:
    return results_of(
        metrics=(
            metric_of(bayesian=True),
            metric_of("cvr", title="Conversion", role=MetricRole.SECONDARY, kind=MetricKind.PROPORTION, format_="percent", base=0.0312, lifts=(-0.01,), spread=0.016, bayesian=True),
        ),
        recommendation=Recommendation(Action.KEEP_RUNNING, "", "Keep running.", ("Chance to win 99.0 %; 3 more days are planned.",), 3.0),
    )  # fmt: skip


def bayesian_design() -> ExperimentDesign:
    return design_of(plan=AnalysisPlan(method=Method.BAYESIAN))


def srm_results() -> ExperimentResults:
    return results_of(
        readable=False,
        unreadable_because=(
            "The sample ratio is wrong (p < 0.001): units are missing from an arm, and any effect may be that.",
        ),
        health=health_of(srm=True), units={"control": 13_000, "fresh": 12_000},
        recommendation=Recommendation(Action.INVESTIGATE, "", "Find out why units are missing; decide nothing.", ("52.0 % of the units are in control, 50 % were planned (p < 0.001).",), None),
    )  # fmt: skip


def early_results() -> ExperimentResults:
    return results_of(
        readable=False,
        unreadable_because=("Minimum runtime: 3 of 7 days.", "Fixed horizon: read once, on 2026-11-15."),
        days_running=3.0, series=series_of("fresh", 0.042, days=3),
        exposures=exposures_of(KEYS[:2], days=3),
        recommendation=Recommendation(Action.KEEP_RUNNING, "", "Not significant; 9 more days at this traffic give 80 % power for 2 %.", ("3 of 14 planned days have run.",), 9.0),
    )  # fmt: skip


def empty_results() -> ExperimentResults:
    return results_of(
        readable=False, unreadable_because=("No exposure has been counted.",),
        units={"control": 0, "fresh": 0}, metrics=(), series=(), exposures=(), dimensions=(),
        health=(HealthCheck("freshness", "Freshness", "", HealthStatus.UNKNOWN, "Nothing to roll up."),),
        recommendation=Recommendation(Action.NO_DATA, "", "No data yet.", ("No exposure has been counted.",), None),
        freshness=RollupFreshness(None, None, None, None, 0, 0, 0, 0, 0),
    )  # fmt: skip


def cannot_compute_results() -> ExperimentResults:
    state = CannotCompute(
        Reason.ZERO_VARIANCE, "All values of an arm are the same: there is no variance."
    )
    metric = metric_of()
    comparison = Comparison(
        "fresh", Verdict.CANNOT_COMPUTE, None, None, None, None, significant=False, state=state
    )
    arms = (metric.arms[0], replace(metric.arms[1], value=None, standard_error=None, state=state))
    funnel = metric_of(
        "funnel",
        title="Search to purchase",
        role=MetricRole.SECONDARY,
        kind=MetricKind.FUNNEL,
        format_="percent",
        base=0.02,
        lifts=(0.01,),
        spread=0.02,
    )
    steps = {"control": (24_000, 9_000, 800), "fresh": (24_037, 9_300, 0), "odd": ()}
    infinite = metric_of(
        "p90",
        title="90th percentile of spend",
        role=MetricRole.SECONDARY,
        kind=MetricKind.QUANTILE,
        base=40.0,
        lifts=(0.03,),
        spread=0.02,
    )
    open_end = replace(
        infinite.comparisons[0], relative=Effect(0.03, 0.02, (-math.inf, 0.08)), origin=None
    )
    return results_of(
        metrics=(replace(metric, arms=arms, comparisons=(comparison,)), replace(funnel, steps=steps), replace(infinite, comparisons=(open_end,))),
    )  # fmt: skip


def bandit_design() -> ExperimentDesign:
    return design_of(3, kind=ExperimentKind.BANDIT, bandit=BanditPlan("revenue"))


def bandit_results() -> ExperimentResults:
    rng = random.Random(3)
    points, lead = [], 1 / 3
    for place in range(14):
        lead = min(0.86, lead + 0.045 * rng.random() * 2)
        rest = (1 - lead) / 2
        weights = {"control": rest, "fresh": lead, "popular": rest}
        points.append(
            AllocationPoint(
                place + 1,
                START + timedelta(days=place),
                1.0,
                weights,
                {"control": 0.03, "fresh": 0.94, "popular": 0.03} if place else {},
            )
        )
    return results_of(
        variants=KEYS[:3], units={"control": 6_000, "fresh": 31_000, "popular": 7_000},
        metrics=(metric_of(lifts=(0.05, -0.02)),), allocation=tuple(points), dimensions=(),
        series=(*series_of("fresh", 0.05), *series_of("popular", -0.02)), exposures=exposures_of(KEYS[:3]),
        recommendation=Recommendation(Action.KEEP_RUNNING, "fresh", "Let it earn: “Fresh first” gets 86 % of the traffic.", ("Chance to be best 94 %.",), None),
    )  # fmt: skip


def interleaving_results(*, decided: bool = True) -> ExperimentResults:
    days = tuple(
        InterleavingDay(
            1, (START + timedelta(days=place)).date(), 60 * (place + 1),
            {"control": 20 * (place + 1), "fresh": 31 * (place + 1)} if place else {}, 9 * (place + 1),
            {"control": 70 * (place + 1), "fresh": 96 * (place + 1)}, 400 * (place + 1),
        )
        for place in range(10)
    )  # fmt: skip
    found = InterleavingResult(
        ("control", "fresh"),
        (200, 310),
        90,
        (700, 960),
        0.216,
        (0.13, 0.30),
        1.2e-6,
        significant=True,
        days=days,
    )
    if not decided:
        state = CannotCompute(Reason.NO_DATA, "No unit has clicked in an interleaved list.")
        found = InterleavingResult(
            ("control", "fresh"),
            (0, 0),
            0,
            (0, 0),
            None,
            None,
            None,
            significant=False,
            days=(),
            state=state,
        )
    return results_of(interleaving=found, dimensions=())


def large_results(metrics: int = 50, arms: int = 4) -> ExperimentResults:
    """Fifty metrics by four variants, two dimensions of three values each."""
    rng = random.Random(11)
    roles = [
        MetricRole.PRIMARY,
        *[MetricRole.SECONDARY] * (metrics - 6),
        *[MetricRole.GUARDRAIL] * 5,
    ]
    made = tuple(
        metric_of(
            f"metric_{place}", title=f"Metric number {place}", role=role,
            format_=("money", "percent", "number", "seconds")[place % 4], base=0.05 * (place + 1),
            lifts=[rng.gauss(0.01, 0.03) for _ in range(arms - 1)], spread=rng.uniform(0.008, 0.05),
        )
        for place, role in enumerate(roles)
    )  # fmt: skip
    dimensions = tuple(
        DimensionResult(name, value, made)
        for name, values in (
            ("device", ("mobile", "desktop", "tablet")),
            ("visitor", ("new", "returning", "")),
        )
        for value in values
    )
    return results_of(
        variants=KEYS[:arms], units=dict.fromkeys(KEYS[:arms], 24_000), metrics=made,
        dimensions=dimensions, exposures=exposures_of(KEYS[:arms]), phases=phases_of(weights=[1 / arms] * arms),
        series=tuple(point for key in KEYS[1:arms] for point in series_of(key, 0.02)),
    )  # fmt: skip


def day(number: int) -> date:
    return date(2026, 11, number)
