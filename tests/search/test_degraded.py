"""Every missing part has its fallback, and the answer says which was taken."""

from collections.abc import Callable

import psycopg
import pytest
from django.db import InterfaceError, OperationalError, connection
from prometheus_client import REGISTRY
from pytest_django.fixtures import Settings

from apps.catalog.models import Product
from apps.common.postgresql import postgresql_breaker, postgresql_call
from apps.ranking_weights.selectors import _published
from tests.search.types import Build, Json, Search

pytestmark = pytest.mark.usefixtures("lasting_catalogue")


def ids(answer: Json) -> list[str]:
    return [hit["product_id"] for hit in answer["hits"]]


def zero_results() -> float:
    return REGISTRY.get_sample_value("endcap_search_zero_results_total") or 0.0


def missing_lexicons() -> float:
    labels = {"component": "lexicon", "reason": "missing"}
    return REGISTRY.get_sample_value("endcap_degraded_total", labels) or 0.0


def test_no_index(search: Search) -> None:
    answer = search(q="mouse")
    assert answer["degraded"] == ["semantic"]
    assert answer["found"] == 17


def test_no_redis(search: Search, embedded: Build, redis_gone: None) -> None:
    embedded()
    answer = search(q="mouse")
    assert answer["degraded"] == ["redis"]
    assert answer["found"] >= 17


def test_postgresql_refuses(
    search: Search, embedded: Build, serving_artifact: None, request: pytest.FixtureRequest
) -> None:
    embedded()
    before = search(q="running shoes")
    request.getfixturevalue("postgresql_refused")
    for _ in range(5):  # through the breaker's opening
        answer = search(q="running shoes", facets="brand", explain="true")
        assert answer["degraded"] == ["catalog"]
        assert answer["matching"]["keyword"] == "all_terms"
        assert answer["matching"]["semantic"] is True
        assert ids(answer)[0].startswith("p-3-")
        assert answer["hits"][0]["title"]
        assert answer["facets"]["brand"]
    assert postgresql_breaker.is_open
    assert before["degraded"] == []


def test_postgresql_refuses_while_browsing(
    search: Search, serving_artifact: None, request: pytest.FixtureRequest
) -> None:
    search()
    request.getfixturevalue("postgresql_refused")
    answer = search({"filter[brand]": "Acme"}, per_page=100)
    assert answer["degraded"] == ["catalog"]
    assert answer["found"] == 12


def test_a_broken_connection_is_opened_anew(search: Search) -> None:
    search(q="mouse")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    answer = search(q="mouse")
    assert "keyword" not in answer["degraded"]
    assert answer["found"] == 17


def test_without_a_lexicon_full_text_answers(search: Search, settings: Settings) -> None:
    settings.LEXICON_IN_PROCESS_MOST = 0
    before = missing_lexicons()
    answer = search(q="mouse")
    assert set(answer["degraded"]) == {"lexicon", "semantic"}
    assert answer["matching"]["keyword"] == "all_terms"
    assert answer["found"] == 17
    assert missing_lexicons() == before + 1
    Product.objects.filter(product_id="p-0-8").update(active=True)
    assert search(q="mouse")["found"] == 18


def test_neither_lexicon_nor_postgresql(
    search: Search,
    embedded: Build,
    serving_artifact: None,
    settings: Settings,
    request: pytest.FixtureRequest,
) -> None:
    settings.LEXICON_IN_PROCESS_MOST = 0
    embedded()
    search(q="running shoes")
    request.getfixturevalue("postgresql_refused")
    answer = search(q="running shoes for men")
    assert {"keyword", "lexicon"} & set(answer["degraded"]) == {"keyword"}
    assert answer["matching"] == {**answer["matching"], "keyword": "none", "semantic": True}
    assert ids(answer)[0].startswith("p-3-")


def test_both_engines_missing_is_not_nothing_found(
    search: Search, serving_artifact: None, settings: Settings, request: pytest.FixtureRequest
) -> None:
    settings.LEXICON_IN_PROCESS_MOST = 0
    search()
    zero_before = zero_results()
    request.getfixturevalue("postgresql_refused")
    answer = search(q="qqzzxxyyvv", per_page=100)
    assert set(answer["degraded"]) >= {"keyword", "semantic"}
    assert answer["matching"]["keyword"] == "browse"
    assert answer["matching"]["semantic"] is False
    assert answer["found"] == 35
    assert len(answer["hits"]) == 35
    nowhere = search({"filter[brand]": "Nobody"}, q="mouse")
    assert nowhere["found"] == 0
    assert zero_results() == zero_before


def test_nothing_found_is_counted_when_both_engines_looked(
    search: Search, embedded: Build
) -> None:
    embedded()
    before = zero_results()
    answer = search({"filter[brand]": "Nobody"}, q="mouse")
    assert (answer["found"], answer["degraded"]) == (0, [])
    assert zero_results() == before + 1


def test_weights_that_could_not_be_read(
    search: Search, serving_artifact: None, request: pytest.FixtureRequest
) -> None:
    assert "weights" not in search(q="mouse")["degraded"]
    _published.forget()
    request.getfixturevalue("postgresql_refused")
    assert "weights" in search(q="mouse")["degraded"]


def test_changes_that_cannot_be_read_are_named(search: Search) -> None:
    def refuse(execute: Callable[..., object], sql: str, *more: object) -> object:
        if "WITH state AS" in sql:
            raise InterfaceError("gone between two statements")
        return execute(sql, *more)

    assert search(q="mouse")["degraded"] == ["semantic"]
    Product.objects.filter(product_id="p-0-8").update(active=True)
    with connection.execute_wrapper(refuse):
        answer = search(q="mouse")
    assert set(answer["degraded"]) == {"catalog", "semantic"}
    assert answer["found"] == 17
    answer = search(q="mouse")
    assert (answer["degraded"], answer["found"]) == (["semantic"], 18)


def test_a_fresh_connection_is_tried_twice(search: Search) -> None:
    connection.close()
    attempts: list[int] = []

    def flaky() -> int:
        attempts.append(len(attempts))
        if len(attempts) == 1:
            raise OperationalError("connection refused")
        return 7

    assert postgresql_call("test", flaky) == 7
    assert attempts == [0, 1]


def test_a_log_that_fails_costs_no_answer(search: Search, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object) -> bool:
        raise TypeError("not to be written")

    monkeypatch.setattr("apps.search.services.logged.query_log_append", fail)
    answer = search(q="mouse")
    assert set(answer["degraded"]) == {"semantic", "redis"}
    assert answer["found"] == 17
