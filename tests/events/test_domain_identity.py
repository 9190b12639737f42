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


def test_a_client_merges_from_first_sight_on() -> None:
    known = identity_map([Sighting("c", "u", at(9)), Sighting("c", "u", at(5))])
    before, on, after = (
        unit_of(user_id=None, client_id="c", occurred_at=at(hour), known=known)
        for hour in (4, 5, 6)
    )
    assert before == Unit(UnitKind.CLIENT, "c")
    assert on == after == Unit(UnitKind.USER, "u")


def test_of_several_users_the_one_first_seen_last_owns_what_follows() -> None:
    known = identity_map(
        [Sighting("c", "u1", at(1)), Sighting("c", "u2", at(3)), Sighting("c", "u1", at(5))]
    )
    owners = [
        unit_of(user_id=None, client_id="c", occurred_at=at(hour), known=known) for hour in (2, 6)
    ]
    assert owners == [Unit(UnitKind.USER, "u1"), Unit(UnitKind.USER, "u2")]


@given(sightings, st.randoms())
def test_the_order_of_sightings_is_irrelevant(found: list[Sighting], random: Random) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)
    assert identity_map(found) == identity_map(shuffled)


@given(sightings, st.integers(0, 50))
def test_later_sightings_never_rewrite_the_past(found: list[Sighting], hour: int) -> None:
    past = [sighting for sighting in found if sighting.seen_at <= at(hour)]
    for client_id in "abc":
        assert unit_of(
            user_id=None, client_id=client_id, occurred_at=at(hour), known=identity_map(past)
        ) == unit_of(
            user_id=None, client_id=client_id, occurred_at=at(hour), known=identity_map(found)
        )
