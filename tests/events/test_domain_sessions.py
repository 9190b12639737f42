"""What a session keeps of an event, and whose it is."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.domain.uuid7 import uuid7_at
from apps.events.contracts import EventType
from apps.events.contracts_sessions import SessionEntry
from apps.events.domain.admission import StoredRow
from apps.events.domain.identity import Sighting, Unit, UnitKind, identity_map, unit_of
from apps.events.domain.session_owner import entries_owned
from apps.events.domain.sessions import (
    KEPT_TYPES,
    deletion_key,
    entries_read,
    entries_since,
    entry_of_row,
    session_key,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SEARCHED = UUID("01a1fd02-11c0-7e55-8d10-5f1f2a77c001")


def row(kind: str = "view", *, late_s: float = 0, **more: object) -> StoredRow:
    occurred = NOON - timedelta(seconds=late_s)
    told = {"product_id": "a", "session_id": "s", "client_id": "c", **more}
    return StoredRow(uuid7_at(occurred, bytes(32)), kind, occurred, NOON, **told)  # type: ignore[arg-type]  # a test's own names


def entry(at: float = 0.0, user: str | None = None, client: str | None = "c") -> SessionEntry:
    return SessionEntry(EventType.VIEW, at, "p", user_id=user, client_id=client, id=uuid4().bytes)


def test_long_names_are_hashed_and_meet_no_short_one() -> None:
    assert session_key("visit") == "session:visit"
    long = session_key("ü" * 200)
    assert len(long) == len("session:") + 65
    assert long != session_key("ü" * 199)
    # A short one that looks like a hash is a long one itself.
    assert session_key(long.removeprefix("session:")) != long
    assert not deletion_key("visit").startswith("session:")


def test_what_a_shopper_did_is_kept() -> None:
    kept = entry_of_row(row("purchase", quantity=2, user_id="u"))
    assert kept == SessionEntry(
        EventType.PURCHASE, NOON.timestamp(), "a", None, 2, "u", "c", row().id.bytes
    )
    for kind in ("impression", "exposure", "conversion"):
        assert entry_of_row(row(kind)) is None


def test_a_refund_is_told_of_and_is_no_part_of_a_visit() -> None:
    told = entry_of_row(row("refund"))
    assert told is not None
    assert told.type is EventType.REFUND
    assert told.type not in KEPT_TYPES


def test_a_clock_that_is_ahead_is_held_back() -> None:
    ahead = entry_of_row(row(late_s=-3600))
    assert ahead is not None
    assert ahead.at == NOON.timestamp()


@pytest.mark.parametrize("name", ["query", "user_query", "search_term"])
def test_a_search_keeps_its_words_wherever_they_stand(name: str) -> None:
    kept = entry_of_row(row("search", attributes={name: "  Glass\tBALL "}))
    assert kept is not None
    assert (kept.query, kept.product_id) == ("glass ball", None)
    assert kept.id == row().id.bytes


def test_a_search_without_words_is_one_all_the_same() -> None:
    for attributes in (None, {"query": " "}, {"query": 7}):
        kept = entry_of_row(row("search", attributes=attributes, query_id="no uuid"))
        assert kept is not None
        assert kept.query is None


def test_a_search_that_we_answered_is_known_by_its_answer() -> None:
    kept = entry_of_row(row("search", query_id=str(SEARCHED)))
    assert kept is not None
    assert kept.id == SEARCHED.bytes


def test_entries_are_read_newest_first_and_once() -> None:
    old, new, same = entry(1.0), entry(2.0), entry(1.0)
    other = msgspec.structs.replace(old, product_id="forged")
    packed = [msgspec.msgpack.encode(each) for each in (other, old, same, new)]
    assert entries_read(packed) == (new, old, same)
    assert entries_read([]) == ()


def test_what_cannot_be_read_is_left_out() -> None:
    good = entry(1.0)
    packed = msgspec.msgpack.encode(good)
    assert entries_read([packed, b"\xc1", packed[:-3], msgspec.msgpack.encode(["nap", 1.0])]) == (
        good,
    )


@given(st.lists(st.floats(0, 2e9), max_size=200))
def test_reading_is_writing_back(times: list[float]) -> None:
    written = [entry(at) for at in times]
    read = entries_read([msgspec.msgpack.encode(each) for each in written])
    assert sorted(read, key=lambda one: one.id) == sorted(written, key=lambda one: one.id)
    assert [one.at for one in read] == sorted(times, reverse=True)


def test_late_ones_are_dropped_and_the_rest_is_in_order() -> None:
    stale, old, new = (entry((NOON - timedelta(seconds=s)).timestamp()) for s in (61, 60, 0))
    assert entries_since([new, stale, old], NOON - timedelta(seconds=60)) == [old, new]


def owned(
    given_entries: list[SessionEntry], user: str | None = None, client: str | None = "c"
) -> tuple[SessionEntry, ...]:
    return entries_owned(given_entries, user_id=user, client_id=client)


def test_an_anonymous_visit_becomes_its_users_on_login() -> None:
    before, after = entry(1.0), entry(2.0, user="u")
    assert owned([before]) == (before,)
    assert owned([before], user="u") == (before,), "asking is being seen"
    assert owned([after, before], user="u") == (after, before)


def test_nobody_sees_what_another_user_did() -> None:
    theirs, anonymous = entry(1.0, user="x"), entry(2.0)
    assert owned([anonymous, theirs], user="u") == (), "after x was seen, the client is x's"
    assert owned([anonymous, theirs], user="x") == (anonymous, theirs)
    assert owned([theirs], client="other") == ()
    assert owned([theirs], client=None) == ()
    # Logged out on the same browser: by the rule still x.
    assert owned([anonymous, theirs]) == (anonymous, theirs)


def test_other_clients_are_others() -> None:
    mine, other = entry(1.0), entry(2.0, client="d")
    assert owned([other, mine]) == (mine,)
    assert owned([other, mine], user="u") == (mine,)
    assert owned([other, mine], client=None) == (other, mine), "only the visit is named"


def test_a_user_has_what_they_did_on_every_client() -> None:
    here, there = entry(1.0, user="u"), entry(2.0, user="u", client="d")
    earlier = entry(0.5, client="d")
    assert owned([there, here, earlier], user="u", client=None) == (there, here, earlier)


def test_what_names_nobody_is_the_visits_while_one_is_in_it() -> None:
    nobody, theirs = entry(1.0, client=None), entry(2.0, user="x")
    assert owned([nobody]) == (nobody,)
    assert owned([nobody], user="u") == (nobody,)
    assert owned([nobody], client=None) == (nobody,)
    assert owned([theirs, nobody], user="u") == ()
    assert owned([theirs, nobody], user="x") == (theirs, nobody)
    assert owned([theirs, nobody], client=None) == ()


_PEOPLE, _CLIENTS = st.sampled_from([None, "u", "x"]), st.sampled_from([None, "c", "d"])


@given(st.lists(st.tuples(st.integers(0, 5), _PEOPLE, _CLIENTS), max_size=8), _PEOPLE, _CLIENTS)
def test_it_is_the_rule_of_events(
    told: list[tuple[int, str | None, str | None]], user: str | None, client: str | None
) -> None:
    visit = [entry(float(at), who, where) for at, who, where in told]
    seen = {each.user_id for each in visit if each.user_id is not None}
    for each in owned(visit, user, client):
        assert each.user_id in (None, user) or (user is None and client is not None)
        if each.user_id is None and each.client_id is None:
            assert seen <= {user} or user is None
    if user is None:
        return
    now = datetime(2100, 1, 1, tzinfo=UTC)
    sightings = [
        Sighting(one.client_id, one.user_id, datetime.fromtimestamp(one.at, UTC))
        for one in visit
        if one.client_id and one.user_id
    ] + ([Sighting(client, user, now)] if client else [])
    known = identity_map(sightings)
    expected = [
        each
        for each in visit
        if unit_of(
            user_id=each.user_id,
            client_id=each.client_id,
            occurred_at=datetime.fromtimestamp(each.at, UTC),
            known=known,
        )
        == Unit(UnitKind.USER, user)
    ]
    got = [each for each in owned(visit, user, client) if each.user_id or each.client_id]
    assert got == expected
