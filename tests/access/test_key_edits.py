"""An edit stores what was changed, of a key that still lives."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.access.admin_keys import ApiKeyAdmin
from apps.access.models import ApiKey, AuditEntry
from apps.access.selectors import principal_for
from apps.access.services import api_key_revoke, api_key_rotate, api_key_update
from apps.common.errors import Conflict, InvalidInput
from tests.access.conftest import KeyMaker, PersonMaker

pytestmark = pytest.mark.django_db
FORM = {"name": "edited", "scopes": ["search:read"], "rate_per_minute": 100}


def test_a_revoked_key_cannot_be_edited(key_of: KeyMaker) -> None:
    issued = key_of()
    api_key_revoke(key_id=issued.key.id)
    with pytest.raises(Conflict):
        api_key_update(key_id=issued.key.id, changes={"name": "back"}, actor=None)


def test_an_edit_leaves_the_other_fields_as_they_are_now(key_of: KeyMaker) -> None:
    issued = key_of()
    api_key_rotate(key_id=issued.key.id, overlap=timedelta(hours=1))
    ends = ApiKey.objects.get(pk=issued.key.id).expires_at
    assert ends is not None
    api_key_update(key_id=issued.key.id, changes={"name": "other"}, actor=None)
    key = ApiKey.objects.get(pk=issued.key.id)
    assert (key.name, key.expires_at) == ("other", ends)


@pytest.mark.parametrize("name", ["revoked_at", "secret_hash", "prefix", "public"])
def test_an_edit_changes_no_settled_field(key_of: KeyMaker, name: str) -> None:
    with pytest.raises(InvalidInput):
        api_key_update(key_id=key_of().key.id, changes={name: None}, actor=None)


def test_a_revocation_during_an_edit_stays(
    client: Client, person: PersonMaker, key_of: KeyMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(person("root", superuser=True))
    issued = key_of()
    save = ApiKeyAdmin.save_model

    def revoked_first(self: Any, request: Any, obj: Any, form: Any, change: Any) -> None:
        ApiKey.objects.filter(pk=obj.pk).update(revoked_at=timezone.now())
        save(self, request, obj, form, change)

    monkeypatch.setattr(ApiKeyAdmin, "save_model", revoked_first)
    # The interleaved write shares the test's transaction, so the refusal's rollback takes it
    # back too: what counts is that the edit stored nothing and said why.
    url = reverse("admin:access_apikey_change", args=[issued.key.id])
    answer = client.post(url, FORM, follow=True)
    assert "The key is revoked." in answer.content.decode()
    assert ApiKey.objects.get().name == "a key"
    assert not AuditEntry.objects.filter(action="api_key.update").exists()
    assert principal_for(issued.secret_once) is not None
