"""The health tab: checks of one kind together, the worst first."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.experiments.contracts.results import HealthCheck, HealthStatus
from apps.experiments.domain.pages.badges import health_worst
from apps.experiments.domain.pages.formats import p_written, words
from apps.experiments.domain.pages.origins import input_written

_ORDER = (HealthStatus.ALARM, HealthStatus.WARNING, HealthStatus.UNKNOWN, HealthStatus.OK)
_WORDS = {
    HealthStatus.OK: "Fine",
    HealthStatus.WARNING: "Look",
    HealthStatus.ALARM: "Alarm",
    HealthStatus.UNKNOWN: "Not enough to say",
}
_ANCHORS = {"freshness": "", "missing_events": "", "mismatch": ""}


@dataclass(frozen=True, slots=True)
class HealthLine:
    """One check as written; `columns` and `rows` are what it was read from."""

    scope: str
    status: str
    verdict: str
    message: str
    p: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class HealthGroup:
    """All checks of one code; `anchor` of the method in docs/statistics.md, if it is a test."""

    code: str
    title: str
    status: str
    verdict: str
    anchor: str
    lines: tuple[HealthLine, ...]


def health_groups(checks: Sequence[HealthCheck]) -> tuple[HealthGroup, ...]:
    """Groups by code, the worst first, else as they came."""
    codes = dict.fromkeys(check.code for check in checks)
    groups = [_group([check for check in checks if check.code == code]) for code in codes]
    ranks = {status.value: rank for rank, status in enumerate(_ORDER)}
    return tuple(sorted(groups, key=lambda group: ranks[group.status]))


def _group(checks: list[HealthCheck]) -> HealthGroup:
    worst = health_worst([check.status for check in checks])
    first = checks[0]
    return HealthGroup(
        code=first.code,
        title=first.title,
        status=worst.value,
        verdict=_WORDS[worst],
        anchor=_ANCHORS.get(first.code, "checks"),
        lines=tuple(_line(check) for check in checks),
    )


def _line(check: HealthCheck) -> HealthLine:
    columns = _columns(check)
    return HealthLine(
        scope=check.scope or "all units",
        status=check.status.value,
        verdict=_WORDS[check.status],
        message=check.message,
        p="" if check.p_value is None else p_written(check.p_value),
        columns=tuple(words(name) for name in columns),
        rows=tuple(tuple(input_written(row.get(name)) for name in columns) for row in check.table),
    )


def _columns(check: HealthCheck) -> tuple[str, ...]:
    """Names before numbers: a stored document does not keep the order of columns."""
    found = dict.fromkeys(name for row in check.table for name in row)
    worded = {name for row in check.table for name in row if isinstance(row[name], str)}
    return tuple(sorted(found, key=lambda name: name not in worded))
