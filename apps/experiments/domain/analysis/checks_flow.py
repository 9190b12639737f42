"""Do exposures and outcomes still arrive?"""

from datetime import datetime, timedelta

from apps.experiments.contracts.assignment import Status
from apps.experiments.contracts.metrics import MetricVersionView
from apps.experiments.contracts.results import HealthCheck, HealthStatus
from apps.experiments.domain.analysis.scope import Scope
from apps.experiments.domain.analysis.traffic import exposures_of

ROLLUP_LATE = timedelta(hours=1)
ROLLUP_LOST = timedelta(hours=24)
SILENT = timedelta(hours=24)
ENOUGH_UNITS = 100
"""Units an arm before a metric without a single row is more than an early hour."""


def _hours(since: datetime, until: datetime) -> float:
    return round((until - since).total_seconds() / 3600, 1)


def freshness_check(scope: Scope) -> HealthCheck:
    """How far behind `as_of` the roll-up and the newest exposure are."""
    context, title = scope.context, "Freshness"
    known = context.freshness
    if known.as_of is None:
        message = "No roll-up has run yet."
        return HealthCheck("freshness", title, "", HealthStatus.UNKNOWN, message)
    running = context.status is Status.RUNNING
    lag = context.as_of - known.as_of
    status, message = HealthStatus.OK, f"Rolled up {_hours(known.as_of, context.as_of):g} h ago."
    if running and lag > ROLLUP_LATE:
        status = HealthStatus.ALARM if lag > ROLLUP_LOST else HealthStatus.WARNING
    last = known.last_exposure_at
    if running and last is not None and context.as_of - last > SILENT:
        status = max(status, HealthStatus.WARNING, key=_severity)
        message += f" The newest exposure is {_hours(last, context.as_of):g} h old."
    table = (
        {
            "rolled up to": known.as_of.isoformat(),
            "newest exposure": None if last is None else last.isoformat(),
            "newest event": None
            if known.last_event_at is None
            else known.last_event_at.isoformat(),
        },
    )
    return HealthCheck("freshness", title, "", status, message, None, table)


_ORDER = (HealthStatus.OK, HealthStatus.UNKNOWN, HealthStatus.WARNING, HealthStatus.ALARM)


def _severity(status: HealthStatus) -> int:
    return _ORDER.index(status)


def _silent_days(scope: Scope) -> list[str]:
    """Days between the first and the last without an exposure, while a phase was open."""
    days = {row.day for row in exposures_of(scope)}
    if not days:
        return []
    span = (max(days) - min(days)).days
    between = (min(days) + timedelta(days=ahead) for ahead in range(span))
    return [day.isoformat() for day in between if day not in days]


def missing_check(scope: Scope, metrics: tuple[MetricVersionView, ...]) -> HealthCheck:
    """Metrics without a row in one arm (alarm) or in all (warning); days without exposures."""
    variants = scope.context.design.variant_keys
    table: list[dict[str, float | int | str | None]] = []
    status, words = HealthStatus.OK, []
    for metric in metrics:
        arms = {name: scope.arm(metric, name) for name in variants}
        table.append({"metric": metric.key} | {name: row.rows for name, row in arms.items()})
        empty = [
            name for name, row in arms.items() if not row.rows and row.n >= ENOUGH_UNITS
        ]  # fmt: skip
        if not empty:
            continue
        alone = len(empty) < len(variants)
        found = HealthStatus.ALARM if alone else HealthStatus.WARNING
        status = max(status, found, key=_severity)
        words.append(f"{metric.key} has no row in {', '.join(empty) if alone else 'any variant'}")
    silent = _silent_days(scope)
    if silent:
        status = max(status, HealthStatus.WARNING, key=_severity)
        words.append(f"no exposure on {', '.join(silent)}")
    message = f"{'; '.join(words)}." if words else "Every metric has rows in every variant."
    return HealthCheck("missing_events", "Missing events", "", status, message, None, tuple(table))
