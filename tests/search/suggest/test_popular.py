"""Popular queries: from the query log, by a job, into suggestions."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.catalog.models import Product
from apps.common.snapshots import snapshots_forget
from apps.events.services.buffer import buffer_drain
from apps.search.engines.popular_files import PopularUnreadable, popular_read, popular_write
from apps.search.services.popular_queries import PopularReport, popular_publish
from tests.search.suggest.conftest import Suggest
from tests.search.types import Search

pytestmark = [
    pytest.mark.usefixtures("lasting_catalogue"),
    pytest.mark.django_db(transaction=True),
]


def _asked(search: Search, query: str, shoppers: int, **more: object) -> None:
    for number in range(shoppers):
        search(q=query, client_id=f"c{number}", **more)


def _texts(suggest: Suggest, typed: str) -> list[str]:
    return [each["text"] for each in suggest(typed, types="query")]


def test_what_enough_shoppers_ask_is_suggested(
    search: Search, suggest: Suggest, settings: Settings
) -> None:
    settings.SUGGEST_LEAST_SHOPPERS = 3
    _asked(search, "office mouse", 4)
    _asked(search, "gaming mouse lights", 3)
    _asked(search, "mouse of a secret kind", 2)
    _asked(search, "anna@example.com mouse", 3)
    _asked(search, "zzqx", 3)
    for _ in range(5):
        search(q="mouse asked by nobody")
        search(q="mouse asked by one", client_id="c1")
    _asked(search, "Office  MOUSE", 4, page=2)
    buffer_drain()
    report = popular_publish(as_of=timezone.now() + timedelta(seconds=1))
    assert report.queries == 2
    assert report.number > 0
    assert _texts(suggest, "") == ["office mouse", "gaming mouse lights"]
    assert _texts(suggest, "mou")[0] == "office mouse"
    assert not any("secret" in each or "@" in each for each in _texts(suggest, "mouse"))
    assert popular_publish(as_of=timezone.now() + timedelta(seconds=1)) == PopularReport(0, 2)


def test_what_is_old_or_sold_no_more_is_not(
    search: Search, suggest: Suggest, settings: Settings
) -> None:
    settings.SUGGEST_LEAST_SHOPPERS = 1
    _asked(search, "running shoes", 1)
    buffer_drain()
    assert popular_publish(as_of=timezone.now() + timedelta(days=31)).queries == 0
    assert popular_publish(as_of=timezone.now() + timedelta(seconds=1)).queries == 1
    Product.objects.filter(product_id__startswith="p-3").delete()
    snapshots_forget()
    # It found something then; the next lexicon has no product with its words.
    assert _texts(suggest, "") == []


def test_files(tmp_path: Path) -> None:
    popular_write(tmp_path, [("a", 2), ("b", 1)])
    assert popular_read(tmp_path) == (("a", 2), ("b", 1))
    (tmp_path / "queries.msgpack").write_bytes(b"no")
    with pytest.raises(PopularUnreadable):
        popular_read(tmp_path)
    (tmp_path / "queries.msgpack").write_bytes(b"\x82\xa6format\x02\xa7queries\x90")
    with pytest.raises(PopularUnreadable):
        popular_read(tmp_path)
