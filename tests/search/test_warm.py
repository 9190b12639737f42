import pytest
from django.utils import timezone
from pytest_django import Settings

from apps.common.redis import redis_client
from apps.events.models import QueryLog
from apps.events.services.buffer import buffer_drain
from apps.search.domain.cache_key import PREFIX
from apps.search.selectors.popular_requests import popular_requests
from apps.search.services.warm import (
    WarmReport,
    answers_warm,
    answers_warm_in_background,
    search_warm,
)
from tests.search.types import Build, Search


@pytest.mark.django_db
def test_a_process_without_an_index_starts_and_says_so() -> None:
    assert not search_warm()


@pytest.mark.django_db
def test_a_process_that_cannot_warm_up_starts_all_the_same(settings: Settings) -> None:
    settings.SEARCH_FUSION = "no such method"
    assert not search_warm()


@pytest.fixture
def asked(lasting_catalogue: None, embedded: Build, search: Search) -> None:
    """Some popular searches, and one that has lost its attribute."""
    embedded()
    for _ in range(3):
        search(q="mouse", per_page=5)
    search({"filter[brand]": "Acme"}, q="hub")
    buffer_drain()
    redis_client().flushdb()


def kept() -> int:
    return len(list(redis_client().scan_iter(f"{PREFIX}*")))


def test_popular_requests_are_computed_before_anybody_asks(asked: None, search: Search) -> None:
    assert answers_warm(as_of=timezone.now()) == WarmReport(computed=2, there=0, refused=0)
    assert kept() == 2
    assert answers_warm(as_of=timezone.now()) == WarmReport(computed=0, there=2, refused=0)
    assert buffer_drain().stored == 0  # nobody asked: only records of the answers are kept
    search(q="mouse", per_page=5)
    search({"filter[brand]": "Acme"}, q="hub")
    assert kept() == 2


def test_the_most_popular_ones_come_first(asked: None) -> None:
    first, second = popular_requests(as_of=timezone.now(), limit=5)
    assert (first.query, first.times, first.per_page) == ("mouse", 3, 5)
    assert (second.query, second.filters) == ("hub", {"brand": ["Acme"]})
    assert answers_warm(as_of=timezone.now(), limit=1).computed == 1


def test_it_is_bounded_and_can_be_stopped(asked: None) -> None:
    nothing = WarmReport(0, 0, 0)
    assert answers_warm(as_of=timezone.now(), seconds=-1.0) == nothing
    assert answers_warm(as_of=timezone.now(), cancelled=lambda: True) == nothing


def test_what_cannot_be_asked_any_more_is_left_out(asked: None) -> None:
    QueryLog.objects.filter(normalised="hub").update(filters={"attr.nothing": ["x"]})
    assert answers_warm(as_of=timezone.now()) == WarmReport(computed=1, there=0, refused=1)


def test_the_shops_pages_ask_in_their_own_way(asked: None) -> None:
    QueryLog.objects.filter(normalised="mouse").update(principal="shop")
    assert answers_warm(as_of=timezone.now()).computed == 2


def test_the_background_is_disturbed_by_nothing(
    asked: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers_warm_in_background().join(timeout=20)
    assert kept() == 2

    def broken(**_named: object) -> None:
        raise ValueError("broken")

    monkeypatch.setattr("apps.search.services.warm.answers_warm", broken)
    answers_warm_in_background().join(timeout=20)
