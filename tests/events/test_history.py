"""A shopper's history by SQL against the identity rule in Python."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.common.domain.uuid7 import uuid7_new
from apps.events.contracts import INTERACTION_WEIGHTS, EventType
from apps.events.contracts_history import NEVER, DayLines
from apps.events.domain.identity import Sighting, Unit, UnitKind, identity_map, unit_of
from apps.events.selectors_history import history_of_client, history_of_user
from apps.events.services.identity import identities_refresh
from apps.events.services.partitions import partitions_ensure

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 1, tzinfo=UTC)
AS_OF = START + timedelta(days=5)
Row = tuple[str | None, str | None, int, str, str]
Line = tuple[str, int, float, float, float]


def at(hour: int) -> datetime:
    return START + timedelta(hours=hour)


def store(*rows: Row) -> None:
    """(client, user, hour, type, product) each."""
    partitions_ensure(first=START, last=START)
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO events_event (id, type, occurred_at, received_at, user_id, client_id,"
            " product_id) VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [
                (uuid7_new(START), kind, at(hour), at(hour), user, client, product)
                for client, user, hour, kind, product in rows
            ],
        )


def lines_of(found: DayLines) -> list[Line]:
    return sorted(
        zip(
            found.product_ids,
            found.days.tolist(),
            found.weights.tolist(),
            found.at.tolist(),
            found.bought_at.tolist(),
            strict=True,
        )
    )


def by_the_rule(rows: Sequence[Row], unit: Unit, asked: tuple[str, str] | None) -> list[Line]:
    """The same in Python: every event of the unit; `asked` is who asks on which client."""
    seen = [Sighting(client, user, at(hour)) for client, user, hour, *_ in rows if client and user]
    if asked is not None:
        seen.append(Sighting(*asked, AS_OF))
    known = identity_map(seen)
    days: dict[tuple[str, int], tuple[float, float, float]] = {}
    for client, user, hour, kind, product in rows:
        owner = unit_of(user_id=user, client_id=client, occurred_at=at(hour), known=known)
        weight = INTERACTION_WEIGHTS.get(EventType(kind))
        if owner != unit or weight is None:
            continue
        moment = at(hour).timestamp()
        key = (product, int(moment // 86_400))
        before = days.get(key, (0.0, NEVER, NEVER))
        bought = moment if kind == "purchase" else NEVER
        days[key] = (max(before[0], weight), max(before[1], moment), max(before[2], bought))
    return sorted((*key, *values) for key, values in days.items())


rows_made = st.lists(
    st.tuples(
        st.sampled_from(["c1", "c2", None]),
        st.sampled_from(["Zoe", "adam", None, None]),
        st.integers(0, 60),
        st.sampled_from(["view", "click", "add_to_cart", "purchase", "impression", "search"]),
        st.sampled_from(["p1", "p2", "p3"]),
    ),
    max_size=14,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows_made, st.sampled_from(["Zoe", "adam", "eve"]), st.booleans(), st.booleans())
def test_a_users_history_is_what_the_identity_rule_says(
    rows: list[Row], user: str, on_client: bool, refreshed: bool
) -> None:
    with transaction.atomic():
        store(*rows)
        # Of clients other than the one that asks the table must know; of that one it need not.
        if refreshed or not on_client or any(row[0] == "c2" for row in rows):
            identities_refresh()
        found = history_of_user(user, as_of=AS_OF, client_id="c1" if on_client else None)
        asked = ("c1", user) if on_client else None
        assert lines_of(found) == by_the_rule(rows, Unit(UnitKind.USER, user), asked)
        assert list(found.at) == sorted(found.at, reverse=True)
        transaction.set_rollback(True)


def test_a_client_that_nobody_owns_has_a_history() -> None:
    store(("c1", None, 1, "view", "p1"), ("c1", None, 30, "purchase", "p1"))
    rows = lines_of(history_of_client("c1", as_of=AS_OF))
    assert [(row[0], row[2]) for row in rows] == [("p1", 1.0), ("p1", 3.0)]
    assert rows[0][4] == NEVER
    assert rows[1][4] == at(30).timestamp()


def test_who_is_logged_out_sees_nothing_of_what_was_done_while_logged_in() -> None:
    store(
        ("c1", None, 1, "view", "p1"),
        ("c1", "adam", 2, "purchase", "p2"),
        ("c1", None, 3, "view", "p3"),
        ("c1", "Zoe", 4, "purchase", "p4"),
        ("c1", None, 5, "view", "p5"),
    )
    assert history_of_client("c1", as_of=AS_OF).product_ids == ("p5",)
    assert history_of_client("c1", as_of=at(4)).product_ids == ("p3", "p1")


def test_a_day_counts_once_and_by_the_most_that_was_done() -> None:
    store(
        ("c1", "adam", 1, "view", "p1"),
        ("c1", "adam", 2, "add_to_cart", "p1"),
        ("c1", "adam", 3, "view", "p1"),
        ("c1", "adam", 26, "view", "p1"),
        ("c1", "adam", 27, "impression", "p9"),
    )
    found = history_of_user("adam", as_of=AS_OF)
    assert found.weights.tolist() == [1.0, 2.0]
    assert found.at.tolist() == [at(26).timestamp(), at(3).timestamp()]


def test_what_was_wholly_given_back_counts_only_if_it_was_touched_since() -> None:
    store(
        ("c1", "adam", 1, "purchase", "returned"),
        ("c1", "adam", 30, "refund", "returned"),
        ("c1", "adam", 1, "purchase", "partly"),
        ("c1", "adam", 2, "purchase", "partly"),
        ("c1", "adam", 30, "refund", "partly"),
        ("c1", "adam", 1, "purchase", "again"),
        ("c1", "adam", 30, "refund", "again"),
        ("c1", "adam", 31, "view", "again"),
        ("c1", "adam", 30, "refund", "unbought"),
    )
    found = history_of_user("adam", as_of=AS_OF)
    assert found.product_ids == ("again", "partly", "again")
    assert found.weights.tolist() == [1.0, 3.0, 3.0]
    assert found.at.tolist() == [at(hour).timestamp() for hour in (31, 2, 1)]


def test_only_the_newest_lines_are_read_and_nothing_of_the_future() -> None:
    store(*[("c1", "adam", hour, "view", f"p{hour:02}") for hour in range(30)])
    found = history_of_user("adam", as_of=at(20), lines=4)
    assert found.product_ids == ("p19", "p18", "p17", "p16")


def test_one_statement() -> None:
    with CaptureQueriesContext(connection) as queries:
        assert len(history_of_user("adam", as_of=AS_OF, client_id="c1")) == 0
    assert len(queries) == 1
    with CaptureQueriesContext(connection) as queries:
        assert len(history_of_client("c1", as_of=AS_OF)) == 0
    assert len(queries) == 1
