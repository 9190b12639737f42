"""The identity table against the rule in Python: any order of arrival, read bit by bit."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.common.domain.uuid7 import uuid7_new
from apps.events.domain.identity import Sighting, identity_map, unit_of
from apps.events.domain.identity_sql import EVENT_TABLE, identity_join, unit_expression
from apps.events.services.identity import identities_refresh
from apps.events.services.partitions import partitions_ensure

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 1, tzinfo=UTC)
rows = st.lists(
    st.tuples(
        st.sampled_from(["c1", "c2", "c3", None]),
        st.sampled_from(["Zoe", "adam", "eve", None, None]),
        st.integers(0, 12),
    ),
    max_size=14,
)
Row = tuple[str | None, str | None, int]


def at(hours: int) -> datetime:
    return START + timedelta(hours=hours)


def store(client_id: str | None, user_id: str | None, hour: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO events_event (id, type, occurred_at, received_at, user_id, client_id,"
            " product_id) VALUES (%s, 'view', %s, %s, %s, %s, 'p')",
            [uuid7_new(START), at(hour), at(hour), user_id, client_id],
        )


def units_in_sql() -> list[tuple[str | None, str | None, datetime, str | None]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT e.user_id, e.client_id, e.occurred_at, {unit_expression('e')}"
            f" FROM {EVENT_TABLE} e {identity_join('e')}"
        )
        return list(cursor.fetchall())


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows, st.lists(st.integers(0, 13), max_size=3))
def test_sql_and_python_agree_however_events_arrive(found: list[Row], stops: list[int]) -> None:
    partitions_ensure(first=START, last=START)
    with transaction.atomic():
        for place, row in enumerate(found):
            store(*row)
            if place in stops:
                identities_refresh()
        identities_refresh()
        known = identity_map(
            Sighting(client, user, at(hour)) for client, user, hour in found if client and user
        )
        answers = units_in_sql()
        assert len(answers) == len(found)
        for user_id, client_id, occurred_at, unit in answers:
            expected = unit_of(
                user_id=user_id, client_id=client_id, occurred_at=occurred_at, known=known
            )
            assert unit == (expected.text if expected else None)
        transaction.set_rollback(True)


def test_a_second_run_finds_nothing_new_and_a_full_one_rebuilds() -> None:
    partitions_ensure(first=START, last=START)
    store("c1", "u1", 1)
    store("c1", "u2", 5)
    assert identities_refresh() == 1
    store("c1", "u1", 3)
    assert identities_refresh() == 0, "u1 owned that moment anyway"
    assert identities_refresh(full=True) == 1
    assert {row[3] for row in units_in_sql()} == {"u:u1", "u:u2"}


def test_both_logs_are_stamped_by_the_transaction_that_stored_them() -> None:
    partitions_ensure(first=START, last=START)
    store("c1", None, 1)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT bool_and(stored_xid = pg_current_xact_id()::text::bigint) FROM {EVENT_TABLE}"
        )
        assert cursor.fetchone() == (True,)
