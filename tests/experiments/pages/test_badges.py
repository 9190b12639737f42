"""Badges, what needs attention, and the health tab."""

import math
from dataclasses import replace

import pytest

from apps.experiments.contracts.assignment import Status
from apps.experiments.contracts.pages import ExperimentLine
from apps.experiments.contracts.results import (
    Action,
    HealthCheck,
    HealthStatus,
)
from apps.experiments.domain.pages.badges import (
    Standing,
    attention,
    badges,
    standing_of,
    status_badge,
)
from apps.experiments.domain.pages.health import health_groups
from tests.experiments.pages import results_factory as made

NB = "\u00a0"
MINUS = "\N{MINUS SIGN}"
NONE = "\N{EN DASH}"
NAMES = {"control": "As it is", "fresh": "Fresh first"}


def standing(**changes: object) -> Standing:
    plain = Standing(
        Status.RUNNING, Action.KEEP_RUNNING, HealthStatus.OK, (), True, 100, 3.2, False, False
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # names of fields


@pytest.mark.parametrize(
    ("changes", "shown", "said"),
    [
        ({}, [f"4{NB}days left"], ""),
        ({"days_left": math.inf}, [], ""),
        ({"status": Status.DRAFT}, [], ""),
        ({"status": Status.IN_REVIEW}, [], "Waits for a second person's review."),
        ({"status": Status.PAUSED}, [f"4{NB}days left"], "Paused: nobody is assigned."),
        ({"units": 0}, ["No data yet"], "Runs, and has no exposure yet."),
        ({"action": None, "health": None}, ["No data yet"], ""),
        ({"action": Action.SHIP}, ["Ship", "Ready for review"], "Ready for a decision on 100 units."),
        ({"action": Action.ROLL_BACK}, ["Roll back", "Ready for review"], "Ready for a decision on 100 units."),
        ({"action": Action.SHIP, "readable": False}, [f"4{NB}days left"], ""),
        ({"action": Action.SHIP, "decided": True}, [], ""),
        ({"overdue": True}, ["Ready for review"], "Its planned end has passed."),
        ({"status": Status.COMPLETED}, ["Ready for review"], "Completed: waits for a decision."),
        ({"health": HealthStatus.ALARM, "alarms": ("SRM",), "action": Action.SHIP}, ["Unhealthy", "Ready for review"], "Health: SRM."),
        ({"health": HealthStatus.ALARM}, ["Unhealthy", f"4{NB}days left"], "Health: a check failed."),
        ({"health": HealthStatus.WARNING}, ["Check health", f"4{NB}days left"], ""),
        ({"status": Status.ARCHIVED, "health": HealthStatus.ALARM}, ["Unhealthy", f"4{NB}days left"], ""),
    ],
)  # fmt: skip
def test_badges(changes: dict[str, object], shown: list[str], said: str) -> None:
    found = standing(**changes)
    assert [badge.text for badge in badges(found)] == shown
    assert attention(found) == said


def test_statuses_in_words() -> None:
    assert [status_badge(each).text for each in (Status.IN_REVIEW, Status.DRAFT)] == [
        "In review",
        "Draft",
    ]


def test_standing_of_results() -> None:
    found = standing_of(made.srm_results(), Status.RUNNING, decided=False, overdue=False)
    assert (found.health, found.alarms) == (HealthStatus.ALARM, ("Sample ratio",))
    assert [badge.text for badge in badges(found)] == ["Unhealthy"]


def test_a_line_of_the_list() -> None:
    line = ExperimentLine(
        "k", "n", Status.RUNNING, "ab", "any", "client", "", made.START, None, None, made.START,
        None, None, None, "", None, (), False, 0, None, None, "",
    )  # fmt: skip
    assert line.days_running(made.AS_OF) is None
    assert line.overdue(made.AS_OF)
    assert replace(line, started_at=made.START).days_running(made.AS_OF) == 18.25
    assert not replace(line, status=Status.COMPLETED).overdue(made.AS_OF)


def test_health_puts_the_worst_first_and_names_before_numbers() -> None:
    groups = health_groups(made.health_of(srm=True))
    assert groups[0].code == "srm"
    assert groups[0].lines[0].columns == ("variant", "units", "expected")
    shuffled = HealthCheck("x", "X", "", HealthStatus.OK, "", None, ({"units": 1, "variant": "a"}, {"units": 2, "more": None}))  # fmt: skip
    line = health_groups((shuffled,))[0].lines[0]
    assert line.columns == ("variant", "units", "more")
    assert line.rows[1] == ("none", "2", "none")
