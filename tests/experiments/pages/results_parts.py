"""The parts of hand-built results: designs, phases, metrics, series, checks; the numbers fit each other."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from apps.experiments.contracts.design import (
    ExperimentDesign,
    MetricRole,
    MetricUse,
    VariantDesign,
)
from apps.experiments.contracts.lifecycle import PhaseView
from apps.experiments.contracts.metrics import Direction, MetricKind
from apps.experiments.contracts.results import (
    ArmValue,
    Comparison,
    Effect,
    HealthCheck,
    HealthStatus,
    MetricResult,
    Origin,
    SeriesPoint,
    Verdict,
)
from apps.experiments.contracts.rollups import ExposureDay, RollupFreshness

START = datetime(2026, 11, 1, 9, tzinfo=UTC)
AS_OF = START + timedelta(days=18, hours=6)
NAMES = ("As it is", "Fresh first", "Popular first", "Cheap first")
KEYS = ("control", "fresh", "popular", "cheap")


def design_of(arms: int = 2, **changes: Any) -> ExperimentDesign:
    made = ExperimentDesign(
        name="Fresh products first in Electronics",
        hypothesis="Fresh products sell better in Electronics, because regulars have seen the rest.",
        surface="search",
        variants=tuple(
            VariantDesign(KEYS[place], NAMES[place], 1 / arms) for place in range(arms)
        ),
        metrics=(
            MetricUse("revenue", MetricRole.PRIMARY, 1),
            MetricUse("cvr", MetricRole.SECONDARY, 1),
            MetricUse("latency", MetricRole.GUARDRAIL, 1),
        ),
        dimensions=("device",),
    )
    return replace(made, **changes)


def phases_of(
    *, weights: Sequence[float] = (0.5, 0.5), ramp: bool = True
) -> tuple[PhaseView, ...]:
    shares = (0.05, 0.25, 1.0) if ramp else (1.0,)
    starts = [START + timedelta(days=2 * place) for place in range(len(shares))]
    ends = [*starts[1:], None]
    return tuple(
        PhaseView(
            number=place + 1, salt="fresh:1:a", salt_version=1, coverage=share,
            weights=tuple(weights), targeting={}, layer=None, holdout_salt="", holdout_share=0.0,
            design_version=1, starts_at=starts[place], ends_at=ends[place],
            reason="ramp as planned" if place else "started",
        )
        for place, share in enumerate(shares)
    )  # fmt: skip


def metric_of(
    key: str = "revenue",
    *,
    title: str = "Revenue per visitor",
    role: MetricRole = MetricRole.PRIMARY,
    kind: MetricKind = MetricKind.MEAN,
    format_: str = "money",
    direction: Direction = Direction.UP,
    base: float = 2.31,
    lifts: Sequence[float] = (0.042,),
    spread: float = 0.018,
    n: int = 24_000,
    bayesian: bool = False,
    alpha: float = 0.05,
    cuped: bool = False,
) -> MetricResult:
    values = [base, *(base * (1 + lift) for lift in lifts)]
    arms = tuple(
        ArmValue(KEYS[place], n + 37 * place, value * (n + 37 * place), float(n + 37 * place), value, base * spread / 1.41)
        for place, value in enumerate(values)
    )  # fmt: skip
    comparisons = tuple(
        _comparison(
            KEYS[place + 1], lift, spread, base, direction, role, bayesian, alpha, cuped, n
        )
        for place, lift in enumerate(lifts)
    )
    return MetricResult(key, 1, title, role, kind, direction, format_, 0.02, arms, comparisons, {})


def _comparison(
    variant: str, lift: float, spread: float, base: float, direction: Direction,
    role: MetricRole, bayesian: bool, alpha: float, cuped: bool, n: int,
) -> Comparison:  # fmt: skip
    z = lift / spread
    half = 1.96 * spread
    p = math.erfc(abs(z) / math.sqrt(2))
    good = (lift > 0) == (direction is Direction.UP)
    verdict = Verdict.NO_DIFFERENCE_SHOWN
    if p < alpha:
        verdict = Verdict.BETTER if good else Verdict.WORSE
    guardrail = role is MetricRole.GUARDRAIL
    harm = -lift if direction is Direction.UP else lift
    absolute = Effect(lift * base, spread * base, ((lift - half) * base, (lift + half) * base))
    return Comparison(
        variant=variant,
        verdict=verdict,
        absolute=absolute,
        relative=Effect(lift, spread, (lift - half, lift + half)),
        p_value=None if bayesian else p,
        adjusted_p_value=None if bayesian or role is not MetricRole.SECONDARY else min(1.0, 2 * p),
        significant=p < alpha,
        chance_to_win=0.5 * math.erfc(-z / math.sqrt(2)) if bayesian else None,
        expected_loss=0.0004 if bayesian else None,
        scaled_impact=Effect(
            absolute.estimate * 3200, absolute.standard_error * 3200,
            (absolute.ci[0] * 3200, absolute.ci[1] * 3200),
        ),
        guardrail_safe=harm + half < 0.02 if guardrail else None,
        guardrail_breached=harm - half > 0.02 if guardrail else None,
        guardrail_p_value=0.012 if guardrail else None,
        cuped=cuped,
        variance_reduction=0.231 if cuped else None,
        origin=Origin(
            "(mean_b - mean_a) / |mean_a|, SE by the delta method",
            "Bayesian normal (docs/statistics.md#bayesian)" if bayesian else "t_test#tests-and-intervals",
            alpha,
            {
                "control n": n, "control sum": base * n, "control sum_squares": base * base * n * 9.1,
                f"{variant} n": n + 37, f"{variant} sum": base * (1 + lift) * n,
                f"{variant} sum_squares": base * base * n * 9.3, "prior": None,
            },
        ),
    )  # fmt: skip


def series_of(
    variant: str, lift: float, *, days: int = 18, sequential: bool = True
) -> tuple[SeriesPoint, ...]:
    rng = random.Random(variant)
    points = []
    for place in range(days):
        width = 0.34 / math.sqrt(place + 1)
        effect = lift + rng.gauss(0, width / 5)
        wide = width * (1.5 if sequential else 1.0)
        points.append(
            SeriesPoint(
                (START + timedelta(days=place)).date(), variant, effect,
                (effect - wide, effect + wide), (effect - width, effect + width),
            )
        )  # fmt: skip
    return tuple(points)


def exposures_of(variants: Sequence[str], *, days: int = 18) -> tuple[ExposureDay, ...]:
    rng = random.Random(7)
    rows = []
    for place in range(days):
        coverage = 0.05 if place < 2 else 0.25 if place < 4 else 1.0
        day = (START + timedelta(days=place)).date()
        for variant in variants:
            units = int(coverage * (1400 + rng.randint(-120, 120) - 30 * place))
            phase = 1 if place < 2 else 2 if place < 4 else 3
            rows.append(ExposureDay(phase, variant, "", "", day, units, units * 3))
            rows.append(ExposureDay(phase, variant, "device", "mobile", day, units // 2, units))
    return tuple(rows)


def health_of(*, srm: bool = False) -> tuple[HealthCheck, ...]:
    table = (
        {"variant": "control", "units": 13_000 if srm else 12_510, "expected": 12_500.0},
        {"variant": "fresh", "units": 12_000 if srm else 12_490, "expected": 12_500.0},
    )
    status = HealthStatus.ALARM if srm else HealthStatus.OK
    words = (
        "Units are not split as planned: 52.0 % to 48.0 %."
        if srm
        else "Units are split as planned."
    )
    return (
        HealthCheck("srm", "Sample ratio", "", status, words, 2.5e-10 if srm else 0.899, table),
        HealthCheck("srm", "Sample ratio", "phase 2", HealthStatus.OK, "Units are split as planned.", 0.41, table),
        HealthCheck("srm", "Sample ratio", "device=mobile", HealthStatus.OK, "Units are split as planned.", 0.2, table),
        HealthCheck("multiple_exposure", "Units in two variants", "", HealthStatus.WARNING, "0.40 % of the units saw two variants and are left out."),
        HealthCheck("pre_exposure_bias", "Before exposure", "", HealthStatus.OK, "The arms did not differ before.", 0.63),
        HealthCheck("freshness", "Freshness", "", HealthStatus.OK, "Rolled up 3 minutes ago."),
        HealthCheck("novelty", "Novelty", "", HealthStatus.UNKNOWN, "Fewer than 3 days of age."),
    )  # fmt: skip


def freshness_of() -> RollupFreshness:
    return RollupFreshness(
        AS_OF, AS_OF, AS_OF - timedelta(minutes=4), AS_OF - timedelta(minutes=2), 48_037, 192, 640, 0, 0,
    )  # fmt: skip
