from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from apps.access.models import ApiKey, AuditEntry, IpRule, User
from apps.access.selectors import principal_for
from apps.access.services import audit_record
from tests.access.conftest import PASSWORD, KeyMaker, PersonMaker

pytestmark = pytest.mark.django_db
KEY = {"name": "warehouse", "scopes": ["search:read", "ops"], "rate_per_minute": 100}


@pytest.fixture
def root(client: Client, person: PersonMaker) -> User:
    user = person("root", superuser=True)
    client.force_login(user)
    return user


def errors(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200
    found: dict[str, Any] = answer.context["adminform"].form.errors
    return found


def test_the_home_page_shows_who_may_go_where(client: Client, person: PersonMaker) -> None:
    client.force_login(person("olga", groups=("operator",)))
    page = client.get("/admin/").content.decode()
    for name in ("apikey", "iprule", "auditentry"):
        assert reverse(f"admin:access_{name}_changelist") in page
    assert reverse("admin:access_user_changelist") not in page
    client.force_login(person("anna", groups=("analyst",)))
    assert reverse("admin:access_apikey_changelist") not in client.get("/admin/").content.decode()


def test_a_person_signs_in_with_their_password(client: Client, person: PersonMaker) -> None:
    person("olga", groups=("operator",))
    answer = client.post(
        "/admin/login/?next=/admin/", {"username": "olga", "password": PASSWORD}, follow=True
    )
    assert answer.redirect_chain == [("/admin/", 302)]
    assert answer.status_code == 200


@pytest.mark.parametrize("model", ["apikey", "iprule", "auditentry", "user"])
def test_every_list_renders(client: Client, root: User, key_of: KeyMaker, model: str) -> None:
    key_of()
    IpRule.objects.create(network="10.0.0.0/8", verdict="deny", area="api")
    answer = client.get(reverse(f"admin:access_{model}_changelist"))
    assert answer.status_code == 200


def test_a_new_key_shows_its_secret_once(client: Client, root: User) -> None:
    answer = client.post(reverse("admin:access_apikey_add"), KEY)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    issued = answer.context["issued"]
    assert issued.secret_once in answer.content.decode()
    principal = principal_for(issued.secret_once)
    assert principal is not None
    assert principal.name == "warehouse"
    key = ApiKey.objects.get()
    assert key.created_by == root
    again = client.get(reverse("admin:access_apikey_change", args=[key.pk]))
    assert again.status_code == 200
    assert issued.secret_once.partition(".")[2] not in again.content.decode()
    row = AuditEntry.objects.get(action="api_key.create")
    assert (row.actor, row.subject_id) == (root, str(key.pk))
    assert row.ip == "127.0.0.1"
    assert row.request_id


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"rate_per_minute": 0}, "rate_per_minute"),
        ({"allowed_origins": "https://a.example/path"}, "allowed_origins"),
        ({"allowed_networks": "10.0.0.0/8\neverywhere"}, "allowed_networks"),
        ({"public": "on"}, "scopes"),
        ({"public": "on", "scopes": ["search:read"]}, "allowed_origins"),
    ],
)
def test_a_bad_key_is_sent_back_by_field(
    client: Client, root: User, change: dict[str, Any], field: str
) -> None:
    answer = client.post(reverse("admin:access_apikey_add"), {**KEY, **change})
    assert field in errors(answer)
    assert not ApiKey.objects.exists()


def test_an_edit_is_live_and_recorded(client: Client, root: User, key_of: KeyMaker) -> None:
    issued = key_of(name="old")
    url = reverse("admin:access_apikey_change", args=[issued.key.id])
    answer = client.post(url, {**KEY, "allowed_networks": "10.0.0.0/8\r\n\r\n127.0.0.1"})
    assert answer.status_code == 302
    principal = principal_for(issued.secret_once)
    assert principal is not None
    assert (principal.name, principal.rate_per_minute) == ("warehouse", 100)
    assert ApiKey.objects.get().allowed_networks == ["10.0.0.0/8", "127.0.0.1/32"]
    row = AuditEntry.objects.get(action="api_key.update")
    assert row.before is not None
    assert row.after is not None
    assert (row.before["name"], row.after["name"]) == ("old", "warehouse")


def test_a_public_key_stays_bound_when_edited(
    client: Client, root: User, key_of: KeyMaker
) -> None:
    issued = key_of(public=True, allowed_origins=["https://shop.example"])
    url = reverse("admin:access_apikey_change", args=[issued.key.id])
    assert set(errors(client.post(url, KEY))) == {"scopes", "allowed_origins"}


def test_rotation_shows_the_successor_once(client: Client, root: User, key_of: KeyMaker) -> None:
    old = key_of()
    url = reverse("admin:access_apikey_rotate", args=[old.key.id])
    assert client.get(url).status_code == 200
    assert client.post(url, {"overlap_hours": -1}).context["form"].errors
    answer = client.post(url, {"overlap_hours": 2})
    raw = answer.context["issued"].secret_once
    assert raw in answer.content.decode()
    assert old.key.prefix in answer.content.decode()
    assert principal_for(raw) is not None
    assert principal_for(old.secret_once) is not None


def test_revocation_asks_why_and_is_final(client: Client, root: User, key_of: KeyMaker) -> None:
    issued = key_of()
    url = reverse("admin:access_apikey_revoke", args=[issued.key.id])
    assert client.post(url, {"reason": ""}).context["form"].errors
    assert client.post(url, {"reason": "leaked"}).status_code == 302
    assert principal_for(issued.secret_once) is None
    assert "revoked" in client.get(reverse("admin:access_apikey_changelist")).content.decode()
    assert client.post(url, {"reason": "again"}).status_code == 403
    change = reverse("admin:access_apikey_change", args=[issued.key.id])
    assert client.post(change, KEY).status_code == 403
    assert client.get(change).status_code == 200


def test_keys_are_never_deleted(client: Client, root: User, key_of: KeyMaker) -> None:
    url = reverse("admin:access_apikey_delete", args=[key_of().key.id])
    assert client.post(url, {"post": "yes"}).status_code == 403
    assert client.get(reverse("admin:access_apikey_rotate", args=[999])).status_code == 404


def test_states_of_keys_are_told_apart(client: Client, root: User, key_of: KeyMaker) -> None:
    from datetime import timedelta

    from django.utils import timezone

    for days in (-1, 1, 100):
        key_of(expires_at=timezone.now() + timedelta(days=days))
    page = client.get(reverse("admin:access_apikey_changelist")).content.decode()
    for state in ("expired", "expires soon", "live"):
        assert state in page


def test_an_analyst_cannot_rotate(client: Client, person: PersonMaker, key_of: KeyMaker) -> None:
    issued = key_of()
    client.force_login(person(groups=("analyst",)))
    for name in ("rotate", "revoke"):
        url = reverse(f"admin:access_apikey_{name}", args=[issued.key.id])
        assert client.post(url, {"reason": "x", "overlap_hours": 1}).status_code == 403
    assert principal_for(issued.secret_once) is not None


def test_an_ip_rule_works_at_once(client: Client, root: User) -> None:
    answer = client.post(
        reverse("admin:access_iprule_add"),
        {"network": "203.0.113.0/24", "verdict": "deny", "area": "everything", "active": "on"},
    )
    assert answer.status_code == 302
    assert client.get("/admin/login/", REMOTE_ADDR="203.0.113.9").status_code == 403
    row = AuditEntry.objects.get(action="iprule.add")
    assert row.after is not None
    assert row.after["network"] == "203.0.113.0/24"


@pytest.mark.parametrize(
    "rule",
    [
        {"network": "127.0.0.1", "verdict": "deny", "area": "admin"},
        {"network": "127.0.0.0/8", "verdict": "deny", "area": "everything"},
        {"network": "10.0.0.0/8", "verdict": "allow", "area": "admin"},
    ],
)
def test_nobody_locks_themselves_out(client: Client, root: User, rule: dict[str, str]) -> None:
    answer = client.post(reverse("admin:access_iprule_add"), {**rule, "active": "on"})
    assert "lock you out" in str(errors(answer))
    assert not IpRule.objects.exists()
    assert client.post(reverse("admin:access_iprule_add"), rule).status_code == 302


def test_a_bad_network_is_sent_back(client: Client, root: User) -> None:
    answer = client.post(
        reverse("admin:access_iprule_add"),
        {"network": "10.0.0.1/8", "verdict": "deny", "area": "api", "active": "on"},
    )
    assert "network" in errors(answer)


def test_the_audit_log_shows_before_and_after(client: Client, root: User) -> None:
    audit_record(
        actor=root,
        action="thing.change",
        subject_type="app.thing",
        subject_id="9",
        before={"price": "<b>1</b>", "same": 1},
        after={"price": {"now": 2}, "same": 1},
    )
    audit_record(actor=root, action="thing.look", subject_type="app.thing", subject_id="9")
    entry, look = AuditEntry.objects.filter(subject_type="app.thing").order_by("id")
    page = client.get(reverse("admin:access_auditentry_change", args=[entry.pk])).content.decode()
    assert "&lt;b&gt;1&lt;/b&gt;" in page
    assert "{&quot;now&quot;: 2}" in page
    assert "same" not in page.partition("What changed")[2].partition("Request")[0]
    page = client.get(reverse("admin:access_auditentry_change", args=[look.pk])).content.decode()
    assert "No field changed." in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 2), ("?q=ada", 1), ("?action=a.b", 1), ("?subject_type=t", 2), ("?q=77", 1),
        ("?at_from_0=2100-01-01&at_from_1=00:00:00", 0), ("?at_to_0=2000-01-01", 0),
        ("?at_from_0=2000-01-01", 2), ("?at_from_0=nonsense", 2),
    ],
)  # fmt: skip
def test_the_audit_log_is_filtered(
    client: Client, root: User, person: PersonMaker, query: str, found: int
) -> None:
    audit_record(actor=person("ada"), action="a.b", subject_type="t", subject_id="1")
    audit_record(actor=root, action="c.d", subject_type="t", subject_id="77")
    answer = client.get(reverse("admin:access_auditentry_changelist") + query)
    rows = [row for row in answer.context["cl"].result_list if row.subject_type == "t"]
    assert len(rows) == found


def test_the_audit_log_is_read_only(client: Client, root: User) -> None:
    audit_record(actor=root, action="x", subject_type="t", subject_id="1")
    entry = AuditEntry.objects.get(action="x")
    for name, arguments in (("add", []), ("delete", [entry.pk]), ("change", [entry.pk])):
        url = reverse(f"admin:access_auditentry_{name}", args=arguments)
        assert client.post(url, {"post": "yes", "action": "y"}).status_code == 403
    assert AuditEntry.objects.get(pk=entry.pk).action == "x"


def test_people_are_added_and_changed_with_a_trace(client: Client, root: User) -> None:
    answer = client.post(
        reverse("admin:access_user_add"),
        {
            "username": "mia",
            "password1": PASSWORD,
            "password2": PASSWORD,
            "usable_password": "true",
        },
    )
    assert answer.status_code == 302
    mia = User.objects.get(username="mia")
    added = AuditEntry.objects.get(action="user.add")
    assert added.after is not None
    assert (added.after["username"], added.after["password"]) == ("mia", "…")
    group = Group.objects.get(name="merchandiser")
    answer = client.post(
        reverse("admin:access_user_change", args=[mia.pk]),
        {
            "username": "mia",
            "is_active": "on",
            "is_staff": "on",
            "groups": [group.pk],
            "date_joined_0": "2026-01-01",
            "date_joined_1": "00:00:00",
        },
    )
    assert answer.status_code == 302
    changed = AuditEntry.objects.get(action="user.change")
    assert changed.after is not None
    assert (changed.after["groups"], changed.after["is_staff"]) == (["merchandiser"], True)
    assert "username" not in changed.after


def test_a_change_of_password_is_recorded_without_it(client: Client, root: User) -> None:
    answer = client.post(
        reverse("admin:password_change"),
        {
            "old_password": PASSWORD,
            "new_password1": "another long password",
            "new_password2": "another long password",
        },
    )
    assert answer.status_code == 302
    row = AuditEntry.objects.filter(action="user.password").latest("id")
    assert (row.actor, row.subject_id) == (root, str(root.pk))
    assert row.after == {"username": "root", "password": "…"}
