"""Whoever may make keys does not thereby get every right."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse

from apps.access.contracts import PUBLIC_SCOPES, Scope
from apps.access.key_rows import scopes_grantable_by
from apps.access.models import ApiKey
from apps.access.services import api_key_create, api_key_rotate, api_key_update
from apps.common.errors import Forbidden
from tests.access.conftest import KeyMaker, PersonMaker

pytestmark = pytest.mark.django_db
REFUSED = (
    Scope.RANKING_WRITE, Scope.EXPERIMENTS_WRITE, Scope.RANKING_READ, Scope.EXPERIMENTS_READ,
)  # fmt: skip


def test_each_group_grants_what_stands_in_its_tuple(person: PersonMaker) -> None:
    operator = scopes_grantable_by(person("olga", groups=("operator",)))
    assert operator == frozenset(Scope) - set(REFUSED)
    assert operator >= PUBLIC_SCOPES
    assert scopes_grantable_by(person("root", superuser=True)) == frozenset(Scope)
    assert scopes_grantable_by(person("mia", groups=("merchandiser", "analyst"))) == frozenset()
    assert scopes_grantable_by(AnonymousUser()) == frozenset()
    assert scopes_grantable_by(None) == frozenset(Scope)


@pytest.mark.parametrize("scope", REFUSED)
def test_the_service_refuses_what_an_operator_may_not_grant(
    person: PersonMaker, key_of: KeyMaker, scope: Scope
) -> None:
    olga = person("olga", groups=("operator",))
    with pytest.raises(Forbidden):
        api_key_create(name="x", scopes=[Scope.OPS, scope], actor=olga)
    strong = key_of(scope)
    with pytest.raises(Forbidden):
        api_key_rotate(key_id=strong.key.id, overlap=timedelta(0), actor=olga)
    weak = key_of(Scope.OPS)
    with pytest.raises(Forbidden):
        api_key_update(key_id=weak.key.id, changes={"scopes": ["ops", scope.value]}, actor=olga)
    # What a key has already may stay, or go.
    api_key_update(key_id=strong.key.id, changes={"name": "renamed"}, actor=olga)
    assert ApiKey.objects.get(name="renamed").scopes == [scope.value]


def test_admin_says_which_scopes_an_operator_may_not_grant(
    client: Client, person: PersonMaker
) -> None:
    client.force_login(person("olga", groups=("operator",)))
    url = reverse("admin:access_apikey_add")
    key = {"name": "k", "scopes": ["ops", "ranking:write"], "rate_per_minute": 5}
    errors = client.post(url, key).context["adminform"].form.errors
    assert "ranking:write" in str(errors["scopes"])
    assert not ApiKey.objects.exists()
    assert "issued" in client.post(url, {**key, "scopes": ["ops"]}).context
