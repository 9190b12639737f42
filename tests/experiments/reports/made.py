"""An analysis as small as a report needs it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from apps.experiments.contracts.design import MetricRole
from apps.experiments.contracts.metrics import Direction, MetricKind
from apps.experiments.contracts.results import (
    Action,
    Comparison,
    Effect,
    ExperimentResults,
    HealthCheck,
    HealthStatus,
    MetricResult,
    Recommendation,
    Verdict,
)
from apps.experiments.contracts.rollups import RollupFreshness

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def comparison_made(**changes: Any) -> Comparison:
    plain = Comparison(
        variant="treatment",
        verdict=Verdict.BETTER,
        absolute=Effect(0.01, 0.004, (0.002, 0.018)),
        relative=Effect(0.1, 0.04, (0.02, float("inf"))),
        p_value=0.01,
        adjusted_p_value=0.02,
        significant=False,
    )
    return replace(plain, **changes)


def metric_made(role: MetricRole, comparison: Comparison, key: str = "cvr") -> MetricResult:
    return MetricResult(
        key=key, version=3, title=key.upper(), role=role, kind=MetricKind.PROPORTION,
        direction=Direction.UP, format="percent", margin=0.02, arms=(),
        comparisons=(comparison,), steps={},
    )  # fmt: skip


def srm_made(status: HealthStatus, code: str = "srm") -> HealthCheck:
    return HealthCheck(code, "Split", "phase 1", status, "52 % instead of 50 %.", p_value=1e-9)


def results_made(**changes: Any) -> ExperimentResults:
    plain = ExperimentResults(
        key="weights-test", as_of=NOW, salt_version=2, variants=("control", "treatment"),
        phases=(), readable=True, unreadable_because=(), days_running=3.0, days_planned=14.0,
        units={"control": 10, "treatment": 12}, metrics=(), series=(), exposures=(), health=(),
        dimensions=(), interleaving=None, allocation=(),
        recommendation=Recommendation(Action.SHIP, "treatment", "Ship treatment.", ("It sells.",)),
        freshness=RollupFreshness(None, None, None, None, 0, 0, 0, 0, 0),
        plan_words="", extra={},
    )  # fmt: skip
    return replace(plain, **changes)
