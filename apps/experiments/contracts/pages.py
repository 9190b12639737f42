"""What result pages read that no other contract holds: lines of the list, stored analyses."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from apps.experiments.contracts.assignment import Json, Status
from apps.experiments.contracts.results import Action, ExperimentResults, HealthStatus

PER_PAGE = 50
SORTS = ("attention", "newest", "longest", "units", "name")


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Which experiments a list shows.

    Attributes:
        text: in key, name or owner; empty for all.
        status, surface, kind, health: values; empty for all.
        attention: only those that somebody should look at.
        sort: one of SORTS.
        page: 1-based.
    """

    text: str = ""
    status: str = ""
    surface: str = ""
    kind: str = ""
    health: str = ""
    attention: bool = False
    sort: str = "attention"
    page: int = 1


@dataclass(frozen=True, slots=True)
class ExperimentLine:
    """One experiment in the list; what comes from its latest analysis is None before one.

    Attributes:
        coverage: of the open phase; None without one.
        alarms: (code, scope, message) of failed checks.
        days_left: until the planned power.
        planned_end: of the schedule.
    """

    key: str
    name: str
    status: Status
    kind: str
    surface: str
    unit: str
    owner: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    planned_end: datetime | None
    phase: int | None
    coverage: float | None
    action: Action | None
    headline: str
    health: HealthStatus | None
    alarms: tuple[Mapping[str, Json], ...]
    readable: bool
    units: int
    days_left: float | None
    as_of: datetime | None
    decision: str

    def days_running(self, now: datetime) -> float | None:
        """Days from start to end, or until now; None before the start."""
        if self.started_at is None:
            return None
        return max(((self.ended_at or now) - self.started_at).total_seconds(), 0.0) / 86_400

    def overdue(self, now: datetime) -> bool:
        """Whether it still runs past its planned end."""
        open_still = self.status in {Status.RUNNING, Status.PAUSED}
        return open_still and self.planned_end is not None and self.planned_end < now


@dataclass(frozen=True, slots=True)
class LinePage:
    """One page of the list.

    Attributes:
        found: experiments that match; pages: how many pages they fill.
        statuses: status → experiments of any kind; attention: how many need somebody.
        surfaces: that occur.
    """

    lines: tuple[ExperimentLine, ...]
    found: int
    page: int
    pages: int
    statuses: Mapping[str, int]
    attention: int
    surfaces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredAnalysis:
    """An analysis as it was computed; `frozen` ones belong to a decision."""

    id: int
    as_of: datetime
    computed_at: datetime
    frozen: bool
    results: ExperimentResults


@dataclass(frozen=True, slots=True)
class RecordedUnit:
    """What the roll-up knows of a unit: its first exposure counts.

    Attributes:
        unit: canonical, such as `c:4711`.
        multiple: seen in two variants, so left out.
    """

    unit: str
    salt_version: int
    phase: int
    variant: str
    first_exposed_at: datetime
    exposures: int
    multiple: bool
