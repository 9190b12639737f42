from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from apps.events.domain.identity import Sighting, Unit, UnitKind, identity_map, unit_of

START = datetime(2026, 1, 1, tzinfo=UTC)
sightings = st.lists(
    st.builds(
        Sighting,
        client_id=st.sampled_from("abc"),
        user_id=st.sampled_from("xyz"),
        seen_at=st.integers(0, 50).map(lambda hours: START + timedelta(hours=hours)),
    ),
    max_size=12,
)


def at(hours: int) -> datetime:
    return START + timedelta(hours=hours)


def test_a_named_user_is_the_unit() -> None:
    assert unit_of(user_id="u", client_id="c", occurred_at=START, known={}) == Unit(
        UnitKind.USER, "u"
    )


def test_nobody_named_is_no_unit() -> None:
    assert unit_of(user_id=None, client_id=None, occurred_at=START, known={}) is None


def test_everything_before_the_first_login_is_the_first_users() -> None:
    known = identity_map([Sighting("c", "u", at(9)), Sighting("c", "u", at(5))])
    units = [
        unit_of(user_id=None, client_id="c", occurred_at=at(hour), known=known)
        for hour in (0, 4, 5, 6, 99)
    ]
    assert set(units) == {Unit(UnitKind.USER, "u")}


def test_a_client_on_which_nobody_was_seen_stands_for_itself() -> None:
    known = identity_map([Sighting("c", "u", at(9))])
    unit = unit_of(user_id=None, client_id="d", occurred_at=at(10), known=known)
    assert unit == Unit(UnitKind.CLIENT, "d")
    assert unit.text == "c:d"


def test_of_several_users_the_one_seen_last_owns_what_follows() -> None:
    known = identity_map(
        [Sighting("c", "u1", at(1)), Sighting("c", "u2", at(3)), Sighting("c", "u1", at(5))]
    )
    owners = [
        unit_of(user_id=None, client_id="c", occurred_at=at(hour), known=known)
        for hour in (0, 2, 3, 4, 5, 6)
    ]
    assert [unit.id for unit in owners if unit] == ["u1", "u1", "u2", "u2", "u1", "u1"]


def test_of_users_seen_at_once_the_last_name_holds() -> None:
    known = identity_map([Sighting("c", "b", at(3)), Sighting("c", "a", at(3))])
    before, after = (
        unit_of(user_id=None, client_id="c", occurred_at=at(hour), known=known) for hour in (2, 3)
    )
    assert before == Unit(UnitKind.USER, "a")
    assert after == Unit(UnitKind.USER, "b")


@given(sightings, st.randoms())
def test_the_order_of_sightings_is_irrelevant(found: list[Sighting], random: Random) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)
    assert identity_map(found) == identity_map(shuffled)


@given(sightings, st.integers(0, 50))
def test_later_sightings_never_rewrite_what_lay_between_two(
    found: list[Sighting], hour: int
) -> None:
    past = identity_map(sighting for sighting in found if sighting.seen_at <= at(hour))
    for client_id in past:
        assert unit_of(
            user_id=None, client_id=client_id, occurred_at=at(hour), known=past
        ) == unit_of(
            user_id=None, client_id=client_id, occurred_at=at(hour), known=identity_map(found)
        )
