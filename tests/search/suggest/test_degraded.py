"""What is suggested while PostgreSQL is gone."""

import pytest

from apps.common.snapshots import _snapshots
from tests.search.suggest.conftest import Get

pytestmark = [
    pytest.mark.usefixtures("lasting_catalogue", "serving_artifact"),
    pytest.mark.django_db(transaction=True),
]


def test_the_most_popular_products_are_in_memory(get: Get, request: pytest.FixtureRequest) -> None:
    get(q="gaming")
    request.getfixturevalue("postgresql_refused")
    answer = get(q="wireless mou", types="product").json()
    assert answer["degraded"] == []
    assert "wireless mouse" in answer["suggestions"][0]["text"]


def test_without_them_the_artifact_answers(get: Get, request: pytest.FixtureRequest) -> None:
    get(q="gaming")
    (cards,) = (each for each in _snapshots if each.name == "suggested_products")
    cards.forget()
    request.getfixturevalue("postgresql_refused")
    answer = get(q="wireless mou", types="product").json()
    assert answer["degraded"] == ["catalog"]
    assert "wireless mouse" in answer["suggestions"][0]["text"]
