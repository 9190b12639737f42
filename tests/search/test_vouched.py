"""When PostgreSQL is asked about kept answers: after every change, and once a poll."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import Product
from apps.catalog.services import product_update
from apps.common.redis import redis_client, redis_forget_connections
from apps.common.services import version_bump
from apps.common.stamps import STAMP_KEY, stamp_move
from apps.search.selectors import vouched
from apps.search.services.kept_answers import cache_requests_total
from tests.search.types import Build, Json, Search

pytestmark = pytest.mark.usefixtures("lasting_catalogue", "whole")
# Long enough that no test of this file sees it end unless it waits for it.
POLL_S = 30.0


@pytest.fixture(autouse=True)
def whole(lasting_catalogue: None, embedded: Build, settings: Any) -> Iterator[None]:
    embedded()
    settings.ENDCAP_VERSION_POLL_S = POLL_S
    vouched.vouched_forget()
    yield
    vouched.vouched_forget()


def prices(answer: Json) -> list[float]:
    return [hit["price"] for hit in answer["hits"] if hit["product_id"] == "p-0-1"]


def asked(call: Callable[[], Json]) -> tuple[Json, int]:
    with CaptureQueriesContext(connection) as statements:
        answer = call()
    return answer, len(statements)


def counted(outcome: str) -> float:
    return float(cache_requests_total.labels(outcome)._value.get())


def poll_passes() -> None:
    """As if the poll's time had passed."""
    found = vouched._process.vouched
    vouched._process.vouched = vouched._Vouched(found.state, found.stamp, time.monotonic())


@pytest.fixture
def mouse(search: Search) -> Callable[[], Json]:
    """A search that is kept, and vouched for."""

    def ask() -> Json:
        return search(q="mouse", per_page=100)

    for _ in range(3):
        ask()
    hits = counted("hit")
    assert asked(ask)[1] == 0
    assert counted("hit") == hits + 1
    return ask


def raw_sql(price: int = 1) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_product SET price = %s WHERE product_id = 'p-0-1'", [price])


def _edited_by_hand() -> None:
    pk = Product.objects.get(product_id="p-0-1").pk
    product_update(pk=pk, changes={"price": 1, "sale_price": None}, actor=None)


def _saved() -> None:
    product = Product.objects.get(product_id="p-0-1")
    product.price = 1
    product.save()


def _raw_that_says_so() -> None:
    with transaction.atomic():
        raw_sql()
        stamp_move()
        stamp_move()


WRITERS: dict[str, Callable[[], object]] = {
    "service": _edited_by_hand,
    "queryset": lambda: Product.objects.filter(product_id="p-0-1").update(price=1),
    "save": _saved,
    "bulk": lambda: Product.objects.bulk_create(
        [Product(product_id="new", title="mouse", price=1)]
    ),
    "raw SQL that says so": _raw_that_says_so,
    "deletion": lambda: Product.objects.filter(product_id="p-0-1").delete(),
    "deletion of one": lambda: Product.objects.get(product_id="p-0-1").delete(),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_writer_of_ours_reads_its_own_write(mouse: Callable[[], Json], writer: str) -> None:
    before = mouse()
    WRITERS[writer]()
    after = mouse()
    assert [hit["product_id"] for hit in after["hits"]] != [
        hit["product_id"] for hit in before["hits"]
    ] or prices(after) != prices(before)


def test_raw_sql_shows_after_one_poll(mouse: Callable[[], Json]) -> None:
    before = prices(mouse())
    raw_sql()
    assert prices(mouse()) == before, "it moved no mark"
    poll_passes()
    assert prices(mouse()) == [1.0]


def test_a_change_that_was_rolled_back_moves_nothing(mouse: Callable[[], Json]) -> None:
    mark = redis_client().get(STAMP_KEY)
    with transaction.atomic():
        Product.objects.filter(product_id="p-0-1").update(price=1)
        transaction.set_rollback(True)
    assert redis_client().get(STAMP_KEY) == mark
    assert asked(mouse)[1] == 0


def test_whatever_is_published_has_postgresql_asked_once(mouse: Callable[[], Json]) -> None:
    version_bump("something")
    assert asked(mouse)[1] == 1
    assert asked(mouse)[1] == 0


def test_redis_set_back_to_an_old_mark_costs_one_poll_at_most(mouse: Callable[[], Json]) -> None:
    before, mark = prices(mouse()), redis_client().get(STAMP_KEY)
    Product.objects.filter(product_id="p-0-1").update(price=1)
    # As after a restart from an older dump, with the older answer still in it.
    redis_client().set(STAMP_KEY, mark or b"")
    assert prices(mouse()) == before
    poll_passes()
    assert prices(mouse()) == [1.0]


def test_an_emptied_or_another_redis_is_asked_about_anew(mouse: Callable[[], Json]) -> None:
    raw_sql()
    redis_client().delete(STAMP_KEY)
    assert prices(mouse()) == [1.0]
    assert redis_client().get(STAMP_KEY)


def test_an_edit_while_redis_was_away_shows_after_one_poll(
    mouse: Callable[[], Json], settings: Any
) -> None:
    before, there = prices(mouse()), settings.REDIS_URL
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    redis_forget_connections()
    Product.objects.filter(product_id="p-0-1").update(price=1)
    assert prices(mouse()) == [1.0], "without Redis everything is computed"
    settings.REDIS_URL = there
    redis_forget_connections()
    # The old answer is there, the mark never moved; but this process has read the edit.
    assert prices(mouse()) == [1.0]
    assert before != [1.0]


def test_a_process_that_saw_nothing_finds_such_an_edit_after_one_poll(
    mouse: Callable[[], Json], settings: Any
) -> None:
    before, there = prices(mouse()), settings.REDIS_URL
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    redis_forget_connections()
    Product.objects.filter(product_id="p-0-1").update(price=1)
    settings.REDIS_URL = there
    redis_forget_connections()
    assert prices(mouse()) == before
    poll_passes()
    assert prices(mouse()) == [1.0]


def test_a_mark_that_moved_on_its_way_vouches_for_nothing(mouse: Callable[[], Json]) -> None:
    """PostgreSQL is asked first, then an edit comes, then Redis tells the newer mark."""
    poll_passes()
    columns = vouched_columns()
    assert vouched.look_ahead(columns)
    Product.objects.filter(product_id="p-0-1").update(price=1)
    newer = redis_client().get(STAMP_KEY)
    assert isinstance(newer, bytes)
    vouched.stamp_seen(newer)
    assert not vouched.columns_are_fresh(columns, newer)
    assert prices(mouse()) == [1.0]


def vouched_columns() -> Any:
    from apps.features.selectors import serving_snapshot

    return serving_snapshot().columns


def test_without_a_mark_postgresql_is_asked_every_time(mouse: Callable[[], Json]) -> None:
    columns = vouched_columns()
    for _ in range(2):
        with CaptureQueriesContext(connection) as statements:
            assert vouched.columns_are_fresh(columns, b"")
        assert len(statements) == 1


def test_a_miss_asks_postgresql_once_and_reads_its_page(
    mouse: Callable[[], Json], search: Search
) -> None:
    """One look, one page: whether or not the last look still holds."""
    for number in (1, 2):
        misses = counted("miss")
        _, statements = asked(partial(search, q="mouse", page=1, per_page=number))
        poll_passes()
        assert counted("miss") == misses + 1
        assert statements <= 2
