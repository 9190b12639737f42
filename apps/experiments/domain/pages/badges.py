"""Badges: where an experiment stands, in a word or two."""

import math
from dataclasses import dataclass

from apps.experiments.contracts.assignment import Status
from apps.experiments.contracts.results import Action, ExperimentResults, HealthStatus
from apps.experiments.domain.pages.formats import count, days_written

_STATUS_TONES = {
    Status.RUNNING: "go",
    Status.PAUSED: "warn",
    Status.IN_REVIEW: "warn",
    Status.COMPLETED: "plain",
}


@dataclass(frozen=True, slots=True)
class Badge:
    """A word on a pill.

    Attributes:
        text: the word.
        tone: `go`, `good`, `bad`, `warn` or `plain`.
        hint: one sentence more.
    """

    text: str
    tone: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What badges are read from; a list knows it from columns, a page from the document.

    Attributes:
        action, health: None before the first analysis.
        alarms: titles of failed checks.
        units: exposed so far.
        days_left: until the planned power; None when it cannot be said.
        decided: a decision was taken.
        overdue: the planned end has passed.
    """

    status: Status
    action: Action | None
    health: HealthStatus | None
    alarms: tuple[str, ...]
    readable: bool
    units: int
    days_left: float | None
    decided: bool
    overdue: bool


def status_badge(status: Status) -> Badge:
    """The status, in words."""
    return Badge(status.value.replace("_", " ").capitalize(), _STATUS_TONES.get(status, "plain"))


def standing_of(
    results: ExperimentResults, status: Status, *, decided: bool, overdue: bool
) -> Standing:
    """Where an experiment stands by its whole results."""
    alarms = [check for check in results.health if check.status is HealthStatus.ALARM]
    return Standing(
        status=status,
        action=results.recommendation.action,
        health=health_worst([check.status for check in results.health]),
        alarms=tuple(dict.fromkeys(check.title for check in alarms)),
        readable=results.readable,
        units=sum(results.units.values()),
        days_left=results.recommendation.days_left,
        decided=decided,
        overdue=overdue,
    )


def health_worst(statuses: list[HealthStatus]) -> HealthStatus:
    """The worst of some checks; unknown when there is none."""
    order = (HealthStatus.ALARM, HealthStatus.WARNING, HealthStatus.OK)
    return next((each for each in order if each in statuses), HealthStatus.UNKNOWN)


def badges(standing: Standing) -> tuple[Badge, ...]:
    """What there is to say, the most urgent first; nothing for what has not started."""
    if standing.status in {Status.DRAFT, Status.IN_REVIEW}:
        return ()
    return (*_health(standing), *_evidence(standing))


def _health(standing: Standing) -> list[Badge]:
    if standing.health is HealthStatus.ALARM:
        return [Badge("Unhealthy", "bad", "; ".join(standing.alarms))]
    if standing.health is HealthStatus.WARNING:
        return [Badge("Check health", "warn", "A check of the health tab warns.")]
    return []


def _evidence(standing: Standing) -> list[Badge]:
    if standing.action is None or standing.action is Action.NO_DATA or not standing.units:
        return [Badge("No data yet", "plain", "No exposure has been counted.")]
    if standing.decided:
        return []
    found: list[Badge] = []
    if standing.readable and standing.health is not HealthStatus.ALARM:
        if standing.action is Action.SHIP:
            found.append(Badge("Ship", "good", "A treatment is better."))
        if standing.action is Action.ROLL_BACK:
            found.append(Badge("Roll back", "bad", "A treatment does harm."))
    over = standing.overdue or standing.status is Status.COMPLETED
    final = {Action.SHIP, Action.ROLL_BACK, Action.INCONCLUSIVE}
    if over or (standing.readable and standing.action in final):
        found.append(Badge("Ready for review", "go", "A decision can be taken."))
    left = standing.days_left
    if not found and left is not None and math.isfinite(left) and left > 0:
        words = f"{days_written(math.ceil(left))} left"
        found.append(Badge(words, "plain", "Until the planned power, at this traffic."))
    return found


def attention(standing: Standing) -> str:
    """What somebody should do about it; empty when nothing."""
    waits = {
        Status.IN_REVIEW: "Waits for a second person's review.",
        Status.PAUSED: "Paused: nobody is assigned.",
    }
    if standing.status in waits:
        return waits[standing.status]
    if standing.health is HealthStatus.ALARM and standing.status is not Status.ARCHIVED:
        return f"Health: {', '.join(standing.alarms) or 'a check failed'}."
    if standing.decided or standing.status in {Status.DRAFT, Status.ARCHIVED}:
        return ""
    if standing.status is Status.COMPLETED:
        return "Completed: waits for a decision."
    if standing.overdue:
        return "Its planned end has passed."
    if not standing.units:
        return "Runs, and has no exposure yet."
    ready = standing.readable and standing.action in {Action.SHIP, Action.ROLL_BACK}
    return f"Ready for a decision on {count(standing.units)} units." if ready else ""
