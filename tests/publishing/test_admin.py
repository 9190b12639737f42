"""The pages of versions, on the weight sets' admin."""

import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client, RequestFactory
from django.urls import reverse
from unfold.admin import ModelAdmin

from apps.access.models import AuditEntry, User
from apps.common.errors import Conflict
from apps.publishing.contracts import VersionStatus
from apps.publishing.selectors import live_version, subject_versions, version_view
from apps.publishing.services import draft_submit, version_approve
from apps.ranking_weights.models import WeightSetVersion
from tests.publishing.conftest import KIND, draft, published, weights

pytestmark = pytest.mark.django_db
NAME = "admin:ranking_weights_weightsetversion"
ALL = ("add", "change", "view", "publish", "review")


def _person(name: str, *verbs: str) -> User:
    person = User.objects.create_user(name, is_staff=True)
    names = [f"{verb}_weightsetversion" for verb in verbs]
    person.user_permissions.set(Permission.objects.filter(codename__in=names))
    return person


@pytest.fixture
def maker(client: Client) -> User:
    person = _person("maker", *ALL)
    client.force_login(person)
    return person


def _step(version_id: int, name: str) -> str:
    return reverse(f"{NAME}_step", args=[version_id, name])


def _steps_shown(client: Client, version_id: int) -> list[str]:
    page = client.get(reverse(f"{NAME}_change", args=[version_id]))
    assert page.status_code == 200
    return re.findall(r"/step/(\w+)/", page.content.decode())


def test_a_draft_is_published_with_a_reason(client: Client, maker: User) -> None:
    published(maker, 0.4)
    view = draft(maker, 0.6)
    assert _steps_shown(client, view.id) == ["publish", "submit", "copy", "discard"]
    page = client.get(_step(view.id, "publish"))
    assert page.status_code == 200
    assert b"Text match</th>" in page.content
    refused = client.post(_step(view.id, "publish"), {"reason": ""})
    assert refused.status_code == 200
    assert client.post(_step(view.id, "publish"), {"reason": "spring"}).status_code == 302
    live = live_version(kind=KIND, subject="books")
    assert live is not None
    assert (live.number, live.reason, live.published_by) == (2, "spring", "maker")
    assert _steps_shown(client, view.id) == ["copy"]


def test_warnings_are_shown_and_acknowledged(client: Client, maker: User) -> None:
    mine = draft(maker, 0.6)
    published(_person("other"), 0.4)
    page = client.get(_step(mine.id, "publish"))
    assert b"would be undone" in page.content
    again = client.post(_step(mine.id, "publish"), {"reason": "spring"})
    assert again.status_code == 200
    assert b"acknowledge" in again.content
    asked = {"reason": "spring", "acknowledged": "on"}
    assert client.post(_step(mine.id, "publish"), asked).status_code == 302
    live = live_version(kind=KIND, subject="books")
    assert live is not None
    assert live.id == mine.id


def test_rolling_back_makes_a_new_version(client: Client, maker: User) -> None:
    first = published(maker, 0.4)
    published(maker, 0.6)
    assert _steps_shown(client, first.id) == ["rollback", "copy"]
    assert client.get(_step(first.id, "rollback")).status_code == 200
    client.post(_step(first.id, "rollback"), {"reason": "sales fell"})
    live = live_version(kind=KIND, subject="books")
    assert live is not None
    assert (live.number, live.content) == (3, first.content)


def test_review_takes_two(client: Client, review_required: None, maker: User) -> None:
    view = draft(maker)
    assert "publish" not in _steps_shown(client, view.id)
    client.post(_step(view.id, "submit"))
    assert version_view(kind=KIND, version_id=view.id).status is VersionStatus.IN_REVIEW
    assert _steps_shown(client, view.id) == ["withdraw", "copy"]
    refused = client.post(_step(view.id, "approve"), follow=True)
    assert b"in_review now" in refused.content

    client.force_login(_person("checker", *ALL))
    assert _steps_shown(client, view.id) == ["approve", "reject", "copy"]
    client.post(_step(view.id, "approve"))
    assert version_view(kind=KIND, version_id=view.id).approved
    listing = client.get(reverse(f"{NAME}_changelist"))
    assert b"approved" in listing.content
    client.force_login(maker)
    client.post(_step(view.id, "publish"), {"reason": "agreed"})
    assert live_version(kind=KIND, subject="books") is not None


def test_a_version_is_rejected_withdrawn_and_discarded(client: Client, maker: User) -> None:
    other = _person("other")
    theirs = draft_submit(kind=KIND, version_id=draft(other).id, actor=other)
    client.post(_step(theirs.id, "reject"), {"reason": "too bold"})
    assert version_view(kind=KIND, version_id=theirs.id).reason == "too bold"
    mine = draft_submit(kind=KIND, version_id=draft(maker).id, actor=maker)
    version_approve(kind=KIND, version_id=mine.id, actor=other)
    client.post(_step(mine.id, "withdraw"))
    assert version_view(kind=KIND, version_id=mine.id).status is VersionStatus.DRAFT
    client.post(_step(mine.id, "discard"), {"reason": ""})
    assert version_view(kind=KIND, version_id=mine.id).status is VersionStatus.REJECTED


def test_a_copy_is_a_draft_of_ones_own(client: Client, maker: User) -> None:
    theirs = draft(_person("other"), 0.7)
    answer = client.post(_step(theirs.id, "copy"), follow=True)
    newest = subject_versions(kind=KIND, subject="books")[0]
    assert (newest.created_by, newest.content) == ("maker", theirs.content)
    assert answer.redirect_chain[-1][0] == reverse(f"{NAME}_change", args=[newest.id])


def test_what_differs_can_be_asked_of_any_two(client: Client, maker: User) -> None:
    lone = draft(maker, 0.3, subject="fashion")
    first, second = published(maker, 0.4), published(maker, 0.6)
    third = draft(maker, 0.8)
    url = f"{NAME}_diff"
    assert b"From version 2" in client.get(reverse(url, args=[third.id])).content
    assert b"From version 1" in client.get(reverse(url, args=[third.id]), {"with": "1"}).content
    assert b"From version 1" in client.get(reverse(url, args=[second.id])).content
    same = client.get(reverse(url, args=[first.id]), {"with": "1"})
    assert b"Nothing differs" in same.content
    assert b"nothing to compare with" in client.get(reverse(url, args=[lone.id])).content
    assert client.get(reverse(url, args=[first.id]), {"with": "99"}).status_code == 404
    assert client.get(reverse(url, args=[987654])).status_code == 404


def test_whoever_may_only_look_is_offered_nothing(client: Client, maker: User) -> None:
    view = draft(maker)
    client.force_login(_person("analyst", "view"))
    assert _steps_shown(client, view.id) == []
    client.post(_step(view.id, "publish"), {"reason": "mine"})
    assert live_version(kind=KIND, subject="books") is None
    client.force_login(_person("nobody"))
    assert client.get(reverse(f"{NAME}_diff", args=[view.id])).status_code == 404


def test_an_unknown_version_goes_back_to_the_list(client: Client, maker: User) -> None:
    for unknown in ("987654", "abc"):
        page = client.get(reverse(f"{NAME}_change", args=[unknown]))
        assert page.status_code == 302


def _saved(person: User, row: WeightSetVersion, *, change: bool) -> None:
    request = RequestFactory().post("/")
    request.user = person
    admin.site.get_model_admin(WeightSetVersion).save_model(request, row, None, change)


def test_the_form_saves_through_the_services(maker: User) -> None:
    row = WeightSetVersion(subject="books", **weights(0.4))
    _saved(maker, row, change=False)
    assert (row.number, row.created_by) == (1, maker)
    row.weights = weights(0.9)["weights"]
    _saved(maker, row, change=True)
    assert version_view(kind=KIND, version_id=row.pk).content == weights(0.9)
    actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["version.draft_create", "version.draft_update"]


def test_a_refusal_while_saving_becomes_a_message(
    client: Client, maker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise Conflict("Somebody submitted it meanwhile.")

    view = draft(maker)
    monkeypatch.setattr(ModelAdmin, "changeform_view", refuse)
    url = reverse(f"{NAME}_change", args=[view.id])
    assert client.get(url).status_code == 302
