"""What Prometheus sees of roll-ups: current values, how far behind, how much was done."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from prometheus_client import Counter, Gauge

from apps.experiments.contracts.metrics import MetricKind
from apps.experiments.contracts.rollups import RollupKey, RollupSums
from apps.experiments.selectors.rollup_subject import Subject

experiment_metrics = Gauge(
    "experiment_metrics",
    "Current value of a metric by variant, over the newest allocation of the experiment.",
    ["experiment_id", "variant", "metric_name"],
    multiprocess_mode="mostrecent",
)
rollup_lag = Gauge(
    "endcap_experiment_rollup_lag_seconds",
    "Age of the oldest roll-up of a running experiment when the job last ran.",
    multiprocess_mode="mostrecent",
)
rollup_rows_total = Counter("endcap_experiment_rollup_rows_total", "Day rows written.")
rollup_units_total = Counter(
    "endcap_experiment_rollup_units_total", "Units whose totals were computed again."
)
rollup_failures_total = Counter(
    "endcap_experiment_rollup_failures_total", "Experiments whose roll-up or analysis failed."
)
_WITHOUT_VALUE = frozenset({MetricKind.QUANTILE})


def gauges_set(subject: Subject, rows: Sequence[tuple[RollupKey, RollupSums]]) -> None:
    """Publish each metric's current value: mean or share of units, or ratio of sums."""
    salt = max((phase.salt_version for phase in subject.phases), default=0)
    phases = {phase.number for phase in subject.phases if phase.salt_version == salt}
    definitions = {one.key: one.definition for one in subject.plan.metrics}
    sums: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for key, found in rows:
        if not key.dimension and key.day == subject.last_day and key.phase in phases:
            ratio = definitions[key.metric].kind is MetricKind.RATIO
            total = sums[key.metric, key.variant]
            total[0] += found.m
            total[1] += found.d if ratio else found.n
    for (metric, variant), (numerator, denominator) in sums.items():
        if denominator and definitions[metric].kind not in _WITHOUT_VALUE:
            experiment_metrics.labels(subject.view.key, variant, metric).set(
                numerator / denominator
            )


def lag_set(oldest: datetime | None, now: datetime) -> None:
    """Publish how far behind the oldest roll-up is."""
    rollup_lag.set(0.0 if oldest is None else max((now - oldest).total_seconds(), 0.0))
