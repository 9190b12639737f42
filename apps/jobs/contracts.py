"""What crosses the boundary of jobs: how an upper app says what a batch run is.

An upper app registers its jobs in `AppConfig.ready()`; jobs never looks upward.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

JsonScalar = str | int | float | bool | None
JobOutcome = Mapping[str, JsonScalar]
Progress = Callable[[int, int, str], None]


class UnknownJob(ValueError):
    """No job of this name is registered."""


class JobAlreadyRegistered(ValueError):
    """Two different jobs want one name."""


class JobCancelled(Exception):
    """Raised by a job that noticed `context.cancelled()`: its run ends as cancelled."""


@dataclass(frozen=True, slots=True)
class JobContext:
    """What one attempt of a run is given.

    Attributes:
        run_id: the run's row.
        job_name: the registered name.
        attempt: 1-based, counted by us and committed before the work began.
        scheduled_for: aware UTC; with the job's name it identifies the run.
        as_of: aware UTC end of every window: the same at each attempt of a run, so that a
            retry computes what the first attempt would have.
        params: JSON scalars given at the request of the run.
        progress: `progress(done, total, message)`; cheap, call it as often as you like.
        cancelled: whether somebody asked to stop; poll it between chunks and raise
            `JobCancelled`.
    """

    run_id: int
    job_name: str
    attempt: int
    scheduled_for: datetime
    as_of: datetime
    params: Mapping[str, JsonScalar]
    progress: Progress
    cancelled: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class JobSpec:
    """A job as its app registers it.

    Attributes:
        name: `snake_case`, unique in the house.
        title: what admin shows.
        run: does the work; idempotent, because an attempt can be cut off anywhere. Its
            outcome is the summary shown in admin.
        every_s: default interval in seconds (the schedule itself is edited in admin).
        cron: default five-field cron expression, UTC; at most one of `every_s` and `cron`.
        max_attempts: attempts before the run becomes a dead letter.
        backoff_s: wait before the second attempt, in seconds; doubles at each further one.
        soft_time_limit_s: seconds after which the attempt is stopped and counts as failed.
        description: one or two sentences for admin.
        quiet: a job that often finds nothing to do: successive empty successes share one
            row instead of filling the table.
    """

    name: str
    title: str
    run: Callable[[JobContext], JobOutcome]
    every_s: int | None = None
    cron: str | None = None
    max_attempts: int = 3
    backoff_s: float = 10.0
    soft_time_limit_s: int = 600
    description: str = ""
    quiet: bool = False

    def __post_init__(self) -> None:
        """Refuse a spec that could not be scheduled.

        Raises:
            ValueError: two schedules, or a limit that is not positive.
        """
        if self.every_s is not None and self.cron is not None:
            raise ValueError(f"{self.name}: give every_s or cron, not both")
        limits = (self.every_s or 1, self.max_attempts, self.backoff_s, self.soft_time_limit_s)
        if min(limits) <= 0:
            raise ValueError(f"{self.name}: intervals, attempts and limits must be positive")
        if self.cron is not None and len(self.cron.split()) != _CRON_FIELDS:
            raise ValueError(f"{self.name}: a cron expression has five fields")


_CRON_FIELDS = 5
_specs: dict[str, JobSpec] = {}


def job_register(spec: JobSpec) -> None:
    """Make `spec` known; registering the same again changes nothing.

    Raises:
        JobAlreadyRegistered: another job has this name.
    """
    if _specs.setdefault(spec.name, spec) != spec:
        raise JobAlreadyRegistered(spec.name)


def job_unregister(name: str) -> None:
    """Forget a job (tests)."""
    _specs.pop(name, None)


def job_specs() -> tuple[JobSpec, ...]:
    """Every registered job, by name."""
    return tuple(sorted(_specs.values(), key=lambda spec: spec.name))


def job_spec(name: str) -> JobSpec:
    """The job called `name`.

    Raises:
        UnknownJob: none is.
    """
    try:
        return _specs[name]
    except KeyError:
        raise UnknownJob(name) from None
