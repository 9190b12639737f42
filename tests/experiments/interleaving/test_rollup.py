"""From the query log and clicks to credited days: incremental, idempotent, late clicks."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from apps.common.domain.uuid7 import uuid7_new
from apps.events.contracts import Event, EventType, QueryLogEntry
from apps.events.services.ingest import row_of_event, rows_store
from apps.events.services.partitions import partitions_ensure
from apps.events.services.query_log import queries_store
from apps.experiments.contracts.lifecycle import ExperimentView
from apps.experiments.contracts.rollups import InterleavingDay
from apps.experiments.models import ForcedUnit, InterleavedAnswer, InterleavingState
from apps.experiments.selectors.interleaving import interleaving_days
from apps.experiments.services.rollups_interleaving import interleaving_rollup
from tests.experiments.factories import experiment_running

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 2, 8, tzinfo=UTC)
END = START + timedelta(days=6)
DESIGN: dict[str, Any] = {
    "surface": "search",
    "variants": [
        {"key": "control", "name": "Synonyms", "weight": 0.5},
        {
            "key": "treatment",
            "name": "None",
            "weight": 0.5,
            "payload": {"search": {"synonyms": False}},
        },
    ],
}
TEAMS = {"p1": "control", "p2": "treatment", "p3": "treatment"}


@pytest.fixture
def running() -> ExperimentView:
    partitions_ensure(first=START, last=END)
    return experiment_running("blend", now=START, kind="interleaving", **DESIGN)


def answered(
    hours: float, client: str | None = "c1", *, key: str = "blend", phase: object = 1,
    user: str | None = None, session: str | None = "s1", teams: dict[str, str] | None = None,
) -> UUID:  # fmt: skip
    at = START + timedelta(hours=hours)
    query_id = uuid7_new(at)
    told = {"key": key, "variant": "interleaved", "phase": phase, "teams": teams or TEAMS}
    queries_store(
        [
            QueryLogEntry(
                query_id=query_id, occurred_at=at, query="mouse", normalised="mouse",
                filters={}, sort="relevance", page=1, per_page=24, results_count=3,
                product_ids=("p1", "p2", "p3"), category=None, latency_ms=1.0,
                cache_hit=False, client_id=client, user_id=user, session_id=session,
                experiments=({"key": "other", "variant": "control", "phase": 1}, told),
            )
        ]
    )  # fmt: skip
    return query_id


def clicked(
    query_id: object, product: str, hours: float, client: str | None = "c1",
    user: str | None = None,
) -> None:  # fmt: skip
    at = START + timedelta(hours=hours)
    event = Event(
        event_id=uuid7_new(at), type=EventType.CLICK, occurred_at=at, received_at=at,
        client_id=client, user_id=user, query_id=str(query_id), product_id=product,
    )  # fmt: skip
    assert rows_store([row_of_event(event)]) == 1


def last(view: ExperimentView) -> InterleavingDay:
    return interleaving_days(view.id)[-1]


def rolled(*, full: bool = False, as_of: datetime = END) -> int:
    return interleaving_rollup(key="blend", as_of=as_of, full=full).answers


def committed_long_ago() -> None:
    """Every row so far is older than what the next run reads."""
    with connection.cursor() as cursor:
        for table in ("events_event", "events_querylog"):
            cursor.execute(f"UPDATE {table} SET stored_xid = 0")


def test_clicks_are_credited_by_team_and_counted_by_unit(running: ExperimentView) -> None:
    for client, products in (("c1", "p1"), ("c2", "p2 p3"), ("c3", "p1 p2"), ("c4", "")):
        query = answered(1, client)
        for product in products.split():
            clicked(query, product, 2, client)
    assert rolled() == 4
    day = last(running)
    assert (day.units, day.wins, day.ties) == (3, {"control": 1, "treatment": 1}, 1)
    assert (day.credits, day.impressions) == ({"control": 2, "treatment": 3}, 4)
    assert (day.phase, day.day) == (1, date(2026, 11, 2))


def test_days_accumulate_and_a_unit_changes_sides(running: ExperimentView) -> None:
    first = answered(1)
    clicked(first, "p1", 1)
    clicked(answered(26), "p2", 26)
    clicked(answered(74), "p3", 74)
    rolled()
    days = interleaving_days(running.id)
    assert [day.day.day for day in days] == [2, 3, 4, 5]
    assert [(day.wins["control"], day.ties, day.wins["treatment"]) for day in days] == [
        (1, 0, 0), (0, 1, 0), (0, 1, 0), (0, 0, 1),
    ]  # fmt: skip
    assert [day.units for day in days] == [1, 1, 1, 1]
    assert [day.impressions for day in days] == [1, 2, 2, 3]


def test_only_what_is_new_is_counted_again_and_twice_changes_nothing(
    running: ExperimentView,
) -> None:
    early = answered(1)
    clicked(answered(2, "c2"), "p2", 2, "c2")
    assert rolled() == 2
    before = interleaving_days(running.id)
    rolled()
    assert interleaving_days(running.id) == before
    # A click arrives days late, and finds its answer and its own day.
    clicked(early, "p1", 50)
    rolled()
    days = interleaving_days(running.id)
    assert days[0] == before[0]
    assert (last(running).wins, last(running).units) == ({"control": 1, "treatment": 1}, 2)
    rolled(full=True)
    assert interleaving_days(running.id) == days
    assert InterleavedAnswer.objects.count() == 3


def test_a_product_counts_once_an_answer_and_unknown_ones_never(running: ExperimentView) -> None:
    query = answered(1, teams={"p1": "control", "p2": "nobody"})
    for product in ("p1", "p1", "p2", "p9"):
        clicked(query, product, 2)
    clicked("not-a-uuid", "p1", 2)
    clicked(uuid7_new(START), "p1", 2)
    rolled()
    assert last(running).credits == {"control": 1, "treatment": 0}


def test_other_experiments_and_answers_without_a_phase_are_left_alone(
    running: ExperimentView,
) -> None:
    clicked(answered(1, key="elsewhere"), "p1", 1)
    clicked(answered(1, phase=None), "p1", 1)
    rolled()
    assert interleaving_days(running.id) == ()


def test_units_that_qa_forces_count_nowhere_from_the_beginning_on(running: ExperimentView) -> None:
    clicked(answered(1), "p1", 1)
    clicked(answered(1, "c2"), "p1", 1, "c2")
    rolled()
    assert last(running).units == 2
    committed_long_ago()
    ForcedUnit.objects.create(experiment_id=running.id, unit="c2", variant="treatment")
    assert rolled() == 0
    assert (last(running).units, last(running).impressions) == (1, 1)
    ForcedUnit.objects.all().delete()
    assert rolled() == 0
    assert (last(running).units, last(running).impressions) == (2, 2)


def test_transactions_that_are_numbered_lower_are_read_anew(running: ExperimentView) -> None:
    clicked(answered(1), "p1", 1)
    rolled()
    InterleavingState.objects.update(horizon=2**60)
    clicked(answered(2, "c2"), "p1", 2, "c2")
    assert rolled() == 2
    assert last(running).units == 2


def test_a_client_that_logs_in_is_one_unit_with_its_user(running: ExperimentView) -> None:
    clicked(answered(1), "p1", 1)
    clicked(answered(2, "c9", user="zoe"), "p2", 2, "c9", "zoe")
    rolled()
    assert last(running).units == 2
    # c1 turns out to be Zoe: by the identity rule its earlier, anonymous visit was hers too.
    clicked(answered(3, "c1", user="zoe"), "p3", 3, "c1", "zoe")
    rolled()
    assert (last(running).units, last(running).wins) == (1, {"control": 0, "treatment": 1})


@pytest.mark.parametrize(("unit", "units"), [("session", 1), ("request", 2)])
def test_sessions_and_requests_are_units_too(unit: str, units: int) -> None:
    partitions_ensure(first=START, last=END)
    view = experiment_running("blend", now=START, kind="interleaving", unit=unit, **DESIGN)
    clicked(answered(1), "p1", 1)
    clicked(answered(2, "c2"), "p2", 2, "c2")
    rolled()
    assert last(view).units == units


def test_days_after_the_moment_asked_are_not_added_up(running: ExperimentView) -> None:
    clicked(answered(1), "p1", 1)
    clicked(answered(30), "p2", 30)
    rolled(as_of=START + timedelta(hours=5))
    assert [day.day.day for day in interleaving_days(running.id)] == [2]


def test_an_experiment_of_another_kind_has_no_credit() -> None:
    experiment_running("weights-test", now=START)
    report = interleaving_rollup(key="weights-test")
    assert (report.answers, report.days) == (0, 0)
