"""The visual merchandiser's pages: what they show, refuse and keep."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.access.models import User
from apps.access.services import user_ensure
from apps.merchandising.models import RuleVersion

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue")]
PAGE, BOARD, SAVE = (
    reverse(f"search-merchandiser{name}") for name in ("", "-board", "-save")
)  # fmt: skip
PIN = {"do": "pin", "product": "p-0-4", "position": 1}


@pytest.fixture
def merle(client: Client) -> Client:
    return logged_in(client, "merle", "merchandiser")


def logged_in(client: Client, name: str, group: str) -> Client:
    user_ensure(username=name, password="a password of length", groups=(group,))
    client.force_login(User.objects.get(username=name))
    return client


def working(*consequences: dict[str, Any], **more: Any) -> dict[str, Any]:
    content = {
        "title": "Mice",
        "conditions": {"queries": [{"match": "exact", "text": "mouse"}]},
        "consequences": list(consequences),
    }
    return {"key": "mice", "content": content, "query": "mouse", "is_new": True, **more}


def post(client: Client, address: str, body: Any) -> Any:
    return client.post(address, json.dumps(body), content_type="application/json")


def test_a_query_shows_its_products_and_a_new_rule(merle: Client) -> None:
    response = merle.get(PAGE, {"q": "mouse", "device": "mobile"})
    text = response.content.decode()
    assert response.status_code == 200
    assert "gaming mouse" in text
    given = json.loads(
        text.split('id="working" type="application/json">')[1].split("</script>")[0]
    )
    assert given["key"] == "mouse"
    assert given["is_new"] is True
    assert given["content"]["conditions"]["devices"] == ["mobile"]
    assert "script-src 'self'" in response["Content-Security-Policy"]


def test_nothing_asked_shows_a_choice(merle: Client) -> None:
    text = merle.get(PAGE).content.decode()
    assert 'id="board"' not in text
    assert "electronics/mice" in text


def test_unknown_category_and_rule_are_not_found(merle: Client) -> None:
    assert merle.get(PAGE, {"category": "no/such"}).status_code == 404
    assert merle.get(PAGE, {"q": "mouse", "rule": "no-such"}).status_code == 404


def test_the_board_answers_a_change(merle: Client) -> None:
    response = post(merle, BOARD, working(PIN))
    text = response.content.decode()
    assert response.status_code == 200
    first = text.split('id="proposed"')[1].split("<li")[1]
    assert 'data-product="p-0-4"' in first
    assert "pinned" in first


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (working({"do": "pin", "product": "p-0-4", "position": 0}), "consequences.1.position"),
        (working({"do": "paint"}), "consequences.1.do"),
        ({**working(PIN), "key": "No Slug"}, "key"),
        ({**working(PIN), "colour": "red"}, ""),
        ("nothing", ""),
    ],
)
def test_bad_input_is_refused_naming_the_field(merle: Client, body: Any, field: str) -> None:
    for address in (BOARD, SAVE):
        response = post(merle, address, body)
        assert response.status_code == 400
        assert response.json()["field"] == field
        assert response.json()["message"]
    assert not RuleVersion.objects.exists()


def test_keeping_makes_a_draft_and_goes_on_with_it(merle: Client) -> None:
    response = post(merle, SAVE, working(PIN))
    draft = RuleVersion.objects.get(subject="mice")
    assert response.json() == {
        "key": "mice",
        "url": reverse("admin:merchandising_ruleversion_change", args=(draft.pk,)),
    }
    assert draft.status == "draft"
    taken = post(merle, SAVE, working(PIN))
    assert taken.status_code == 409
    other = {**PIN, "position": 3}
    assert post(merle, SAVE, working(other, is_new=False)).status_code == 200
    assert RuleVersion.objects.get(subject="mice").consequences == [other]
    text = merle.get(PAGE, {"q": "mouse", "rule": "mice"}).content.decode()
    assert '"position": 3' in text
    assert "Rules about this" in text


def test_who_may_only_look_gets_no_tools(client: Client) -> None:
    logged_in(client, "anna", "analyst")
    page = client.get(PAGE, {"q": "mouse"})
    if page.status_code == 200:
        assert "data-do=" not in page.content.decode()
    assert post(client, SAVE, working(PIN)).status_code == 403
    assert not RuleVersion.objects.exists()


def test_strangers_are_sent_to_log_in(client: Client) -> None:
    assert client.get(PAGE, {"q": "mouse"}).status_code == 302
