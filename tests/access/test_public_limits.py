"""A storefront key's limit is each address's own, below a ceiling for the key."""

import time

import pytest
from django.test import Client

from apps.access import limiter
from apps.access.contracts import Principal, Scope
from apps.access.domain import limits
from apps.access.domain.limits import address_block, limits_of
from apps.common.errors import RateLimited
from apps.common.redis import redis_client
from tests.access.conftest import KeyMaker
from tests.redis_writes import writes_recorded

HOT = "/api/test/hot"


def storefront(limit: int, *, public: bool = True) -> Principal:
    scopes = frozenset({Scope.SEARCH_READ})
    return Principal(7, "pk_x", "x", scopes, public, ("https://a.example",), limit, None)


def allowed(principal: Principal, client_ip: str | None, times: int) -> int:
    return sum(limiter.limit_take(principal, client_ip)[0].allowed for _ in range(times))


@pytest.fixture(params=["redis", "process"])
def counting(request: pytest.FixtureRequest) -> None:
    """Counted by Redis, and by this process alone."""
    if request.param == "process":
        request.getfixturevalue("redis_gone")
    # A burst on both sides of a minute's edge has other figures.
    if time.time() % 60 > 55:
        time.sleep(60 - time.time() % 60)


def test_one_script_leaves_the_other_shoppers_their_turn(counting: None) -> None:
    principal = storefront(5)
    assert allowed(principal, "203.0.113.1", 50) == 5
    assert allowed(principal, "203.0.113.2", 50) == 5


def test_the_key_as_a_whole_has_a_ceiling(counting: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PUBLIC_CEILING", 2)
    principal = storefront(5)
    assert [allowed(principal, f"203.0.113.{n}", 4) for n in range(1, 5)] == [4, 4, 2, 0]
    with pytest.raises(RateLimited) as refused:
        limiter.limit_enforce(principal, "203.0.113.9")
    assert refused.value.extra["rate_per_minute"] == 10
    assert refused.value.extra["retry_after_s"] >= 1


def test_what_the_address_is_refused_does_not_count_for_the_key(
    counting: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PUBLIC_CEILING", 2)
    principal = storefront(5)
    assert allowed(principal, "203.0.113.1", 100) == 5
    assert allowed(principal, "203.0.113.2", 5) == 5


def test_a_secret_key_has_one_limit_wherever_it_calls_from(counting: None) -> None:
    principal = storefront(3, public=False)
    assert [allowed(principal, ip, 2) for ip in ("203.0.113.1", "203.0.113.2")] == [2, 1]


def test_two_counts_are_one_round_trip(monkeypatch: pytest.MonkeyPatch) -> None:
    limiter.limit_take(storefront(5), "203.0.113.1")
    sent = writes_recorded(monkeypatch)
    limiter.limit_take(storefront(5), "203.0.113.1")
    assert [write.count(b"EVALSHA") for write in sent] == [1]
    assert 0 < redis_client().ttl("endcap:limit:k7:203.0.113.1") <= 120


@pytest.mark.parametrize(
    ("client_ip", "block"),
    [
        ("203.0.113.1", "203.0.113.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        (None, "-"),
        ("nowhere", "-"),
    ],
)
def test_an_address_stands_for_its_household(client_ip: str | None, block: str) -> None:
    assert address_block(client_ip) == block
    assert limits_of(storefront(5), client_ip)[0] == (f"k7:{block}", 5)


@pytest.mark.django_db
@pytest.mark.urls("tests.access.urls")
def test_the_edge_counts_shoppers_apart(counting: None, client: Client, key_of: KeyMaker) -> None:
    raw = key_of(public=True, allowed_origins=["https://a.example"], rate_per_minute=2).secret_once

    def ask(address: str) -> int:
        return client.get(HOT, headers={"X-API-Key": raw}, REMOTE_ADDR=address).status_code

    assert [ask("203.0.113.1") for _ in range(3)] == [200, 200, 429]
    assert ask("203.0.113.2") == 200
