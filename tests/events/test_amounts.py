"""Amounts that no shop asks are refused by name, and never an error of ours."""

import pytest
from django.utils import timezone

from tests.events.conftest import Post
from tests.events.test_api import view

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "amount", ["9e999999", "1e-20000", "0e-20000", "0e99999", "NaN", "sNaN", "-1", "Infinity",
               "1e99999999999999999999", "10000000000"],
)  # fmt: skip
def test_an_absurd_amount_is_refused_by_name(post: Post, amount: str) -> None:
    native = post([view(), view(value=amount)])
    assert native.status_code == 207, native.content
    assert [(one["index"], one["field"]) for one in native.json()["errors"]] == [(1, "value")]
    micros = int(timezone.now().timestamp() * 1_000_000)
    item = {"item_id": "p1", "price": amount, "quantity": 10}
    good = {"item_id": "p2", "price": "1e-17", "quantity": 1}
    params = {"currency": "EUR", "items": [item, good]}
    body = {"timestamp_micros": micros, "events": [
        {"name": "purchase", "params": params},
        {"name": "refund", "params": {"value": amount, "currency": "EUR"}},
    ]}  # fmt: skip
    ga4 = post(body, "/api/v1/events/ga4")
    assert ga4.status_code == 207, ga4.content
    assert ga4.json()["accepted"] == 1
    assert ga4.json()["errors"][0]["field"] == "events[0].params.items[0].price"
    assert ga4.json()["errors"][1]["field"].startswith("events[1].params.")


def test_what_only_the_database_refuses_is_400(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.events.domain.items._MOST_DIGITS", 1_000_000)
    answer = post([view(value="1e-20000")])
    assert answer.status_code == 400, answer.content
    assert answer.json()["extra"]["field"] == "events"
