"""The mixin that admin classes of every app inherit, on tables that are there anyway."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.test import Client, RequestFactory
from django.urls import reverse
from unfold.admin import TabularInline

from apps.access.admin_audit import AuditedModelAdmin
from apps.access.models import AuditEntry, GroupGrant, IpRule, User
from tests.access.conftest import PersonMaker

pytestmark = pytest.mark.django_db


class GrantInline(TabularInline):
    model = GroupGrant
    extra = 0


class GroupPages(AuditedModelAdmin):
    inlines = (GrantInline,)
    fields = ("name", "permissions")


class RulePages(AuditedModelAdmin):
    list_display = ("network", "note")
    list_editable = ("note",)


@pytest.fixture
def root(person: PersonMaker) -> User:
    return person("root", superuser=True)


def rows() -> list[tuple[str, Any, Any]]:
    seen = AuditEntry.objects.exclude(action__startswith="user.").order_by("id")
    return [(row.action, row.before, row.after) for row in seen]


def post(pages: AuditedModelAdmin, user: User, path: str, body: dict[str, Any]) -> Any:
    from django.contrib.messages.storage.cookie import CookieStorage

    request = RequestFactory().post("/", body)
    request.user = user
    request._messages = CookieStorage(request)  # type: ignore[attr-defined]  # as the middleware sets it
    request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]  # the test client sets the same
    if path == "list":
        return pages.changelist_view(request)
    return pages.changeform_view(request, path or None)


def test_a_form_with_rows_inside_leaves_a_row_each(root: User) -> None:
    pages = GroupPages(Group, admin.site)
    group = Group.objects.create(name="editors")
    kept = GroupGrant.objects.create(group=group, permission="a.kept")
    gone = GroupGrant.objects.create(group=group, permission="a.gone")
    permission = Permission.objects.get(codename="view_iprule")
    body = {
        "name": "writers",
        "permissions": [permission.pk],
        "-1-TOTAL_FORMS": 3,
        "-1-INITIAL_FORMS": 2,
        "-1-0-id": kept.pk,
        "-1-0-group": group.pk,
        "-1-0-permission": "a.changed",
        "-1-1-id": gone.pk,
        "-1-1-group": group.pk,
        "-1-1-permission": "a.gone",
        "-1-1-DELETE": "on",
        "-1-2-group": group.pk,
        "-1-2-permission": "a.new",
    }
    answer = post(pages, root, str(group.pk), body)
    assert answer.status_code == 302
    seen = {action: (before, after) for action, before, after in rows()}
    assert seen["group.change"] == (
        {"name": "editors", "permissions": []},
        {"name": "writers", "permissions": [str(permission)]},
    )
    assert seen["groupgrant.change"] == ({"permission": "a.kept"}, {"permission": "a.changed"})
    assert seen["groupgrant.add"][1]["permission"] == "a.new"
    assert seen["groupgrant.delete"][0]["permission"] == "a.gone"
    assert seen["groupgrant.delete"][1] is None


def test_a_save_that_changes_nothing_leaves_no_row(root: User) -> None:
    group = Group.objects.create(name="editors")
    body = {"name": "editors", "-1-TOTAL_FORMS": 0, "-1-INITIAL_FORMS": 0}
    assert post(GroupPages(Group, admin.site), root, str(group.pk), body).status_code == 302
    assert rows() == []


def test_edits_in_the_list_are_recorded(root: User) -> None:
    first = IpRule.objects.create(network="10.0.0.0/8", verdict="deny")
    second = IpRule.objects.create(network="192.0.2.0/24", verdict="deny", note="same")
    body = {
        "form-TOTAL_FORMS": 2,
        "form-INITIAL_FORMS": 2,
        "form-0-id": first.pk,
        "form-0-note": "changed",
        "form-1-id": second.pk,
        "form-1-note": "same",
        "_save": "Save",
    }
    assert post(RulePages(IpRule, admin.site), root, "list", body).status_code == 302
    assert rows() == [("iprule.change", {"note": ""}, {"note": "changed"})]


def test_deleting_many_records_each(root: User) -> None:
    made = [Group.objects.create(name=f"editors {n}") for n in range(3)]
    body = {
        "action": "delete_selected",
        "_selected_action": [group.pk for group in made],
        "post": "yes",
    }
    keys = {str(group.pk) for group in made}
    assert post(GroupPages(Group, admin.site), root, "list", body).status_code == 302
    assert [action for action, _, _ in rows()] == ["group.delete"] * 3
    subjects = AuditEntry.objects.filter(action="group.delete").values_list(
        "subject_id", flat=True
    )
    assert set(subjects) == keys


def test_deleting_one_in_its_page_is_recorded(client: Client, root: User) -> None:
    client.force_login(root)
    group = Group.objects.create(name="editors")
    answer = client.post(reverse("admin:auth_group_delete", args=[group.pk]), {"post": "yes"})
    assert answer.status_code == 302
    row = AuditEntry.objects.get(action="group.delete")
    assert (row.subject_id, row.actor, row.ip) == (str(group.pk), root, "127.0.0.1")
    assert row.before is not None
    assert row.before["name"] == "editors"


def test_a_write_that_fails_leaves_no_row(
    client: Client, root: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise RuntimeError("too late")

    monkeypatch.setattr("apps.access.admin_people.ip_rules_publish", fail)
    client.force_login(root)
    with pytest.raises(RuntimeError, match="too late"):
        client.post(
            reverse("admin:access_iprule_add"),
            {"network": "10.0.0.0/8", "verdict": "deny", "area": "api", "active": "on"},
        )
    assert not IpRule.objects.exists()
    assert rows() == []
