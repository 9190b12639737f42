"""Who may begin a rule by hand may not therefore go on with another's."""

import json

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from apps.access.models import User
from tests.search.merchandiser.test_views import BOARD, PIN, SAVE, post, working

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue")]


@pytest.fixture
def beginner(client: Client) -> Client:
    """May look and add, and not change."""
    person = User.objects.create_user("ben", is_staff=True)
    wanted = ("view_ruleversion", "add_ruleversion")
    person.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    client.force_login(person)
    return client


def test_going_on_with_a_rule_wants_the_right_to_change_it(beginner: Client) -> None:
    assert post(beginner, SAVE, working(PIN)).status_code == 200
    assert post(beginner, SAVE, working(PIN, is_new=False)).status_code == 403


def test_a_body_nested_beyond_reading_is_refused(beginner: Client) -> None:
    body = json.dumps(working(PIN))[:-1] + ', "device": ' + "[" * 100_000 + "]" * 100_000 + "}"
    deep = body.replace('"content": {', '"content": {"x": ' + "[" * 90_000 + "]" * 90_000 + ", ")
    answer = beginner.post(BOARD, deep, content_type="application/json")
    assert answer.status_code == 400
