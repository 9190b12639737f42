"""Shelves while PostgreSQL does not answer: from memory and the serving matrix on disk."""

import pytest
from django.utils import timezone

from apps.catalog.models import Product
from apps.features.services import features_refresh
from tests.recommendations.shelves.conftest import Shelf
from tests.search.catalogue import catalogue_create
from tests.search.conftest import postgresql_refused  # noqa: F401 - a fixture, by its name

PLACEMENTS = ("home", "product", "cart", "category", "email")


def test_what_is_known_is_shown_and_what_is_missing_named(
    transactional_db: None, shelf: Shelf, request: pytest.FixtureRequest
) -> None:
    catalogue_create()
    Product.objects.filter(product_id="p-0-0").update(active=False)
    features_refresh(as_of=timezone.now(), progress=lambda _done, _total, _note: None)
    before = {name: shelf(name, product_id="p-1-1") for name in PLACEMENTS}
    assert {tuple(each["degraded"]) for each in before.values()} == {()}
    request.getfixturevalue("postgresql_refused")
    for name, live in before.items():
        answer = shelf(name, product_id="p-1-1", user_id="u")
        assert set(answer["degraded"]) == {"catalog", "history"}
        shown = [(item["product_id"], item["title"]) for item in answer["items"]]
        assert shown == [(item["product_id"], item["title"]) for item in live["items"]]
        assert len(shown) == len(live["items"]) > 0
