"""Search settings in admin: drafted, read in words, published by two people."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.access.models import User
from apps.access.services import user_ensure
from apps.events.services.buffer import buffer_drain
from apps.search.models import SearchSettingsVersion
from apps.search.selectors.configuration import search_settings
from tests.search.types import Search

pytestmark = pytest.mark.usefixtures("lasting_catalogue")
NAME = "admin:search_searchsettingsversion"


def person(name: str) -> User:
    user_ensure(username=name, password="a password of length", groups=("merchandiser",))
    return User.objects.get(username=name)


def test_a_draft_before_anybody_searched_is_told_in_words(client: Client) -> None:
    client.force_login(person("mia"))
    draft = SearchSettingsVersion.objects.create(number=1, subject="default", revisit_weight=0.35)
    page = client.get(reverse(f"{NAME}_change", args=[draft.pk])).content.decode()
    assert "Nobody searched yet." in page
    assert "what they looked at with a weight of 0.35" in page


def test_a_merchandiser_turns_meaning_off(client: Client, search: Search) -> None:
    search(q="mouse")
    buffer_drain()
    client.force_login(person("mia"))
    empty = client.get(reverse(f"{NAME}_changelist")).content.decode()
    assert "Products are found by words and by meaning" in empty
    form = client.get(reverse(f"{NAME}_add"))
    assert form.status_code == 200
    assert "from the environment" in form.content.decode()
    sent = {
        "fusion": "rrf",
        "keyword_weight": "0.5",
        "synonyms": "on",
        "session_weight": "0.15",
        "revisit_weight": "0.2",
    }
    assert client.post(reverse(f"{NAME}_add"), sent).status_code == 302
    row = SearchSettingsVersion.objects.get()
    assert (row.subject, row.semantic, row.status) == ("default", False, "draft")
    page = client.get(reverse(f"{NAME}_change", args=(row.pk,))).content.decode()
    assert "Products are found by words alone." in page
    assert "<b>mouse</b>: the same hits in the same order" in page
    step = reverse(f"{NAME}_step", args=(row.pk, "submit"))
    client.post(step)
    client.force_login(person("max"))
    client.post(reverse(f"{NAME}_step", args=(row.pk, "approve")))
    client.post(reverse(f"{NAME}_step", args=(row.pk, "publish")), {"reason": "Faster."})
    assert search_settings().semantic is False
    listed = client.get(reverse(f"{NAME}_changelist")).content.decode()
    assert "words alone" in listed
    assert search(q="mouse")["degraded"] == []


def test_nonsense_is_refused_by_name(client: Client) -> None:
    client.force_login(person("mia"))
    sent = {"fusion": "sum", "keyword_weight": "2"}
    page = client.post(reverse(f"{NAME}_add"), sent)
    assert page.status_code == 200
    assert "from 0 to 1" in page.content.decode() or "sum is not one" in page.content.decode()
    assert not SearchSettingsVersion.objects.exists()
