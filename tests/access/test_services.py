from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from apps.access.contracts import Scope
from apps.access.domain.keys import key_new
from apps.access.models import ApiKey, AuditEntry, User
from apps.access.selectors import principal_for
from apps.access.services import (
    api_key_create,
    api_key_ensure,
    api_key_revoke,
    api_key_rotate,
    audit_record,
    groups_ensure,
    user_ensure,
)
from apps.common.errors import Conflict, InvalidInput, NotFound
from apps.common.observability.context import trace_set, trace_start
from tests.access.conftest import KeyMaker, PersonMaker

pytestmark = pytest.mark.django_db


def entry(action: str) -> AuditEntry:
    return AuditEntry.objects.get(action=action)


def test_only_a_hash_is_stored(key_of: KeyMaker) -> None:
    issued = key_of()
    secret = issued.secret_once.partition(".")[2]
    with connection.cursor() as cursor:
        for table in ("access_apikey", "access_auditentry"):
            cursor.execute(f"SELECT string_agg(t::text, '') FROM {table} t")
            row = cursor.fetchone()
            assert row is not None
            assert secret not in row[0]
            assert secret.encode().hex() not in row[0]
    assert secret not in repr(issued)
    assert len(bytes(ApiKey.objects.get().secret_hash)) == 32


def test_a_principal_says_what_the_key_may(key_of: KeyMaker) -> None:
    issued = key_of(
        Scope.SEARCH_READ,
        Scope.EVENTS_WRITE,
        public=True,
        allowed_origins=["HTTPS://Shop.Example/"],
        rate_per_minute=9,
    )
    principal = principal_for(issued.secret_once)
    assert principal is not None
    assert principal.scopes == {Scope.SEARCH_READ, Scope.EVENTS_WRITE}
    assert principal.allowed_origins == ("https://shop.example",)
    assert (principal.public, principal.rate_per_minute) == (True, 9)
    assert principal.key_id == issued.key.id


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"allowed_origins": ["https://shop.example/path"]}, "allowed_origins"),
        ({"allowed_networks": ["10.0.0.1/8"]}, "allowed_networks"),
        ({"denied_networks": ["everywhere"]}, "denied_networks"),
        ({"rate_per_minute": 0}, "rate_per_minute"),
        ({"public": True}, "__all__"),
        ({"public": True, "allowed_origins": ["https://a.example"], "scopes": ["ops"]}, "__all__"),
    ],
)
def test_a_bad_key_is_refused_by_field(options: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        api_key_create(**{"name": "x", "scopes": ["search:read"], **options})
    assert refused.value.extra["field"] == field
    assert not ApiKey.objects.exists()
    assert not AuditEntry.objects.exists()


def test_the_database_too_holds_public_keys_to_their_bounds(key_of: KeyMaker) -> None:
    key_of()
    with pytest.raises(DatabaseError), transaction.atomic():
        ApiKey.objects.update(public=True)


def test_rotation_overlaps_and_then_ends(key_of: KeyMaker) -> None:
    old = key_of(Scope.OPS, rate_per_minute=7, expires_at=timezone.now() + timedelta(days=30))
    new = api_key_rotate(key_id=old.key.id, overlap=timedelta(hours=2))
    for raw in (old.secret_once, new.secret_once):
        principal = principal_for(raw)
        assert principal is not None
        assert principal.scopes == {Scope.OPS}
        assert principal.rate_per_minute == 7
    ends = ApiKey.objects.get(pk=old.key.id).expires_at
    assert ends is not None
    assert timedelta(hours=1, minutes=59) < ends - timezone.now() <= timedelta(hours=2)
    # The successor lives as long as its predecessor was meant to.
    assert new.key.expires_at is not None
    assert new.key.expires_at - timezone.now() > timedelta(days=29)
    assert ApiKey.objects.get(pk=new.key.id).rotated_from_id == old.key.id


def test_rotation_without_overlap_ends_the_old_key_now(key_of: KeyMaker) -> None:
    old = key_of()
    new = api_key_rotate(key_id=old.key.id, overlap=timedelta(0))
    assert principal_for(old.secret_once) is None
    assert principal_for(new.secret_once) is not None


def test_rotation_never_prolongs_the_old_key(key_of: KeyMaker) -> None:
    ends = timezone.now() + timedelta(hours=1)
    old = key_of(expires_at=ends)
    api_key_rotate(key_id=old.key.id, overlap=timedelta(days=2))
    assert ApiKey.objects.get(pk=old.key.id).expires_at == ends


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=91)])
def test_an_overlap_has_bounds(key_of: KeyMaker, overlap: timedelta) -> None:
    with pytest.raises(InvalidInput):
        api_key_rotate(key_id=key_of().key.id, overlap=overlap)


def test_revocation_is_seen_through_the_snapshot(key_of: KeyMaker, person: PersonMaker) -> None:
    issued = key_of()
    assert principal_for(issued.secret_once) is not None
    summary = api_key_revoke(key_id=issued.key.id, actor=person(), reason="leaked")
    assert principal_for(issued.secret_once) is None
    assert summary.revoked_at is not None
    row = entry("api_key.revoke")
    assert (row.actor_name, row.reason) == ("ada", "leaked")
    assert row.before is not None
    assert row.after is not None
    assert (row.before["revoked_at"], row.after["name"]) == (None, "a key")
    with pytest.raises(Conflict):
        api_key_revoke(key_id=issued.key.id)
    with pytest.raises(Conflict):
        api_key_rotate(key_id=issued.key.id)


def test_a_key_expires_without_any_reload(
    key_of: KeyMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = key_of(expires_at=timezone.now() + timedelta(minutes=5))
    assert principal_for(issued.secret_once) is not None
    later = timezone.now() + timedelta(minutes=6)
    monkeypatch.setattr("apps.access.selectors.timezone.now", lambda: later)
    assert principal_for(issued.secret_once) is None


def test_unknown_keys_cannot_be_touched() -> None:
    for service in (api_key_revoke, api_key_rotate):
        with pytest.raises(NotFound):
            service(key_id=12345)


def test_a_key_made_elsewhere_is_registered_once() -> None:
    raw = key_new(public=True).joined()
    options: dict[str, Any] = {
        "raw_key": raw,
        "name": "shop",
        "scopes": ["search:read"],
        "allowed_origins": ["http://localhost:8000"],
    }
    assert api_key_ensure(**options) is True
    assert api_key_ensure(**options) is False
    principal = principal_for(raw)
    assert principal is not None
    assert principal.public
    with pytest.raises(InvalidInput):
        api_key_ensure(**{**options, "raw_key": "pk_short.secret"})


def test_an_audit_row_says_who_what_and_in_which_request(person: PersonMaker) -> None:
    ada = person()
    trace = trace_start("request-1")
    try:
        audit_record(
            actor=ada,
            action="thing.change",
            subject_type="app.thing",
            subject_id="9",
            before={"price": 1.5, "at": timezone.now()},
            after={"price": float("nan"), "nul": "a\x00b", "set": {"b", "a"}, "raw": b"xy"},
            reason="because",
        )
    finally:
        trace_set(None)
    row = entry("thing.change")
    assert (row.actor_id, row.actor_name, row.subject_id) == (ada.pk, "ada", "9")
    assert (row.request_id, row.trace_id) == ("request-1", trace.trace_id)
    assert row.after == {"price": "nan", "nul": "a\ufffdb", "set": ["a", "b"], "raw": "2 bytes"}


def test_without_anybody_it_was_the_system() -> None:
    audit_record(actor=None, action="x", subject_type="t", subject_id="1")
    assert entry("x").actor_name == "system"
    assert entry("x").before is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE access_auditentry SET actor_name = 'somebody else'",
        "DELETE FROM access_auditentry",
    ],
)
def test_the_database_refuses_to_change_audit_rows(statement: str) -> None:
    audit_record(actor=None, action="x", subject_type="t", subject_id="1")
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert entry("x").actor_name == "system"


def test_a_person_leaves_and_their_rows_stay(person: PersonMaker) -> None:
    ada = person()
    audit_record(actor=ada, action="x", subject_type="t", subject_id="1")
    ada.delete()
    assert entry("x").actor_name == "ada"


def test_a_person_is_made_once(db: None) -> None:
    options: dict[str, Any] = {
        "username": "mia",
        "password": "first password x",
        "groups": ["merchandiser"],
    }
    assert user_ensure(**options) is True
    assert user_ensure(**{**options, "password": "second password x"}) is False
    mia = User.objects.get(username="mia")
    assert mia.check_password("first password x")
    assert (mia.is_staff, mia.is_superuser) == (True, False)
    assert [group.name for group in mia.groups.all()] == ["merchandiser"]


def test_groups_keep_what_a_person_took_away() -> None:
    operator = Group.objects.get(name="operator")
    taken = operator.permissions.get(codename="add_apikey")
    operator.permissions.remove(taken)
    groups_ensure()
    assert not operator.permissions.filter(codename="add_apikey").exists()
    assert operator.permissions.filter(codename="change_apikey").exists()


def test_a_group_that_was_deleted_comes_back_whole() -> None:
    Group.objects.get(name="analyst").delete()
    groups_ensure()
    codenames = Group.objects.get(name="analyst").permissions.values_list("codename", flat=True)
    assert "scope_search_read" in codenames
