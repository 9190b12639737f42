"""A warm search: at most two SQL statements and two Redis round trips."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.redis_writes import writes_recorded
from tests.search.experimenting import running
from tests.search.types import Ask, Build, Json

pytestmark = pytest.mark.usefixtures("catalogue")

WARM = [
    {"q": "wireless mouse"},
    {"q": "mouse", "filter[brand]": "Acme", "facets": "brand,category,price,attr.color"},
    {"q": "mouse", "sort": "price", "explain": "true"},
    {"q": "", "facets": "category"},
    {"q": "sneakers for jogging"},
]


@pytest.fixture
def round_trips(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Everything that is sent to Redis, one entry a write to its socket."""
    return writes_recorded(monkeypatch)


@pytest.mark.parametrize("parameters", WARM)
def test_statements_and_round_trips(
    ask: Ask, embedded: Build, round_trips: list[bytes], parameters: Json
) -> None:
    embedded()
    ask(parameters)
    ask(parameters)
    round_trips.clear()
    with CaptureQueriesContext(connection) as statements:
        assert ask(parameters).json()["degraded"] == []
    own = [each["sql"] for each in statements if not each["sql"].startswith("SAVEPOINT")]
    assert len(own) <= 2, own
    assert len(round_trips) <= 2, round_trips
    assert len(round_trips) == 2  # the rate limit and the query log: the count sees them


KNOBS: tuple[Json, ...] = (
    {"ranking": {"source": "global"}},
    {"search": {"fusion": "weighted"}},
    {"search": {"semantic": False}},
    {"search": {"synonyms": False}},
)


@pytest.mark.parametrize("parameters", WARM)
def test_twenty_running_experiments_cost_no_statement_and_no_round_trip(
    ask: Ask, embedded: Build, round_trips: list[bytes], parameters: Json
) -> None:
    embedded()
    for number in range(20):
        running(f"e{number}", None, KNOBS[number % 4])
    parameters = {**parameters, "client_id": "c1", "attributes[device]": "phone"}
    ask(parameters)
    ask(parameters)
    round_trips.clear()
    with CaptureQueriesContext(connection) as statements:
        answer = ask(parameters).json()
    assert len(answer["experiments"]) == 20
    assert answer["degraded"] == []
    own = [each["sql"] for each in statements if not each["sql"].startswith("SAVEPOINT")]
    assert len(own) <= 2, own
    assert len(round_trips) == 2, round_trips


def test_stored_assignments_come_with_the_edges_round_trip(
    ask: Ask, round_trips: list[bytes]
) -> None:
    running("sticky", None, KNOBS[0], stickiness="stored")
    first = ask(q="mouse", client_id="c1").json()
    round_trips.clear()
    assert ask(q="mouse", client_id="c1").json()["experiments"] == first["experiments"]
    assert len(round_trips) == 2, round_trips
