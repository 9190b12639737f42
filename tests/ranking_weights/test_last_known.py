"""A process that starts without PostgreSQL ranks by the weights that Redis remembers."""

from collections.abc import Iterator

import pytest
from django.db import OperationalError
from pytest_django.fixtures import Settings

from apps.common.redis import redis_client, redis_forget_connections
from apps.ranking_weights import selectors
from apps.ranking_weights.contracts import DEFAULT_WEIGHTS, WeightSet
from apps.ranking_weights.last_known import KEEP_S, weights_remember, weights_remembered
from apps.ranking_weights.models import WeightSetVersion
from apps.ranking_weights.selectors import published_weight_sets, weights_resolve
from tests.search.experimenting import FRESH, weights_publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def postgresql_gone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(*_arguments: object, **_named: object) -> None:
        raise OperationalError("gone")

    weights_publish("global", FRESH)
    published_weight_sets()
    selectors._published.forget()
    monkeypatch.setattr(WeightSetVersion.objects, "filter", refuse)
    monkeypatch.setattr("apps.ranking_weights.selectors.connection.close", lambda: None)
    yield
    selectors._published.forget()


def resolved() -> tuple[str, bool]:
    found = weights_resolve(category_path=None, available=frozenset(FRESH))
    return found.source, found.degraded


@pytest.mark.usefixtures("postgresql_gone")
def test_what_was_live_is_remembered_and_said_to_be_uncertain() -> None:
    assert published_weight_sets()["global"].weights == FRESH
    assert resolved() == ("global", True)


@pytest.mark.usefixtures("postgresql_gone")
def test_with_nothing_remembered_the_default_ranks() -> None:
    redis_client().flushdb()
    assert published_weight_sets() == {}
    assert resolved() == ("default", True)


def test_each_set_has_a_key_and_ends_with_the_day() -> None:
    weights_remember({"a/b": WeightSet("a/b", 3, DEFAULT_WEIGHTS)})
    assert 0 < redis_client().ttl("ranking:weights:a/b") <= KEEP_S
    assert weights_remembered()["a/b"].number == 3


def test_what_is_not_live_any_more_is_not_remembered() -> None:
    weights_remember({"a": WeightSet("a", 1, FRESH), "b": WeightSet("b", 1, FRESH)})
    weights_remember({"a": WeightSet("a", 2, FRESH)})
    assert {name: each.number for name, each in weights_remembered().items()} == {"a": 2}
    redis_client().set("ranking:weights:a", b"\xc1")
    assert weights_remembered() == {}


def test_without_redis_a_publish_shows_at_once_and_nothing_else_changes(
    settings: Settings,
) -> None:
    weights_publish("global", FRESH)
    with_redis = weights_resolve(category_path="a/b", available=frozenset(DEFAULT_WEIGHTS))
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    redis_forget_connections()
    try:
        selectors._published.forget()
        without = weights_resolve(category_path="a/b", available=frozenset(DEFAULT_WEIGHTS))
        assert without == with_redis
        assert not without.degraded
        weights_publish("global", dict(DEFAULT_WEIGHTS))
        after = weights_resolve(category_path="a/b", available=frozenset(DEFAULT_WEIGHTS))
        assert (after.number, dict(after.weights)) == (2, dict(DEFAULT_WEIGHTS))
    finally:
        redis_forget_connections()


def test_a_publish_shows_at_once_here_and_in_redis() -> None:
    weights_publish("global", FRESH)
    assert published_weight_sets()["global"].number == 1
    weights_publish("global", dict(DEFAULT_WEIGHTS))
    assert published_weight_sets()["global"].number == 2
    assert weights_remembered()["global"] == WeightSet("global", 2, DEFAULT_WEIGHTS)
