"""Keys survive a start without PostgreSQL, and a revocation reaches other processes' pollers."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from apps.access import selectors
from apps.access.contracts import AccessSnapshot, IpArea, Scope
from apps.access.models import ApiKey, IpRule
from apps.access.selectors import access_snapshot, principal_for
from apps.access.services import api_key_create, api_key_revoke, ip_rules_publish
from apps.access.snapshot_file import snapshot_path, snapshot_read, snapshot_write
from apps.common import snapshots
from apps.common.errors import Unavailable
from tests.access.conftest import KeyMaker, PersonMaker


@pytest.fixture
def postgresql_down(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No statement is answered; what was read before stays read."""

    def refuse(*_arguments: object) -> Any:
        raise OperationalError("connection refused")

    with connection.execute_wrapper(refuse):
        yield


@pytest.mark.django_db
def test_the_disk_copy_reads_back(key_of: KeyMaker) -> None:
    IpRule.objects.create(network="2001:db8::/32", verdict="deny", area="everything")
    key_of(Scope.OPS, public=False, allowed_networks=["10.0.0.0/8"])
    key_of(public=True, allowed_origins=["https://shop.example"])
    # Whatever ran before in this worker may have left a copy.
    snapshot_path().unlink(missing_ok=True)
    assert snapshot_read() is None
    loaded = access_snapshot()
    assert snapshot_read() == loaded
    assert len(loaded.keys) == 2
    assert loaded.areas[IpArea.API].denied
    assert snapshot_path().stat().st_mode & 0o077 == 0


@pytest.mark.django_db
def test_a_start_without_postgresql_knows_its_keys(
    key_of: KeyMaker, request: pytest.FixtureRequest
) -> None:
    issued = key_of()
    assert principal_for(issued.secret_once) is not None
    snapshots.snapshots_forget()
    request.getfixturevalue("postgresql_down")
    assert principal_for(issued.secret_once) is not None
    assert selectors._snapshot.is_stale


@pytest.mark.django_db
def test_keys_are_asked_again_when_postgresql_is_back(key_of: KeyMaker) -> None:
    first = key_of()
    access_snapshot()
    ApiKey.objects.update(revoked_at="2026-01-01T00:00Z")
    snapshots.snapshots_forget()

    def refuse(*_arguments: object) -> Any:
        raise OperationalError("connection refused")

    with connection.execute_wrapper(refuse):
        assert principal_for(first.secret_once) is not None
    assert principal_for(first.secret_once) is None


@pytest.mark.django_db
def test_an_outage_keeps_what_is_held(key_of: KeyMaker, request: pytest.FixtureRequest) -> None:
    issued = key_of()
    access_snapshot()
    snapshot_path().unlink()
    selectors._snapshot.mark_stale()
    request.getfixturevalue("postgresql_down")
    assert principal_for(issued.secret_once) is not None


@pytest.mark.django_db
@pytest.mark.urls("tests.access.urls")
def test_with_nothing_known_the_door_is_shut(client: Client, postgresql_down: None) -> None:
    answer = client.get("/api/test/hot", headers={"X-API-Key": "sk_x.y"})
    assert answer.status_code == 503
    assert answer.json()["code"] == Unavailable.default_code
    assert client.get("/healthz").status_code == 200
    preflight = client.options(
        "/api/test/hot",
        headers={"Origin": "https://a.example", "Access-Control-Request-Method": "GET"},
    )
    assert "Access-Control-Allow-Origin" not in preflight.headers


@pytest.mark.django_db
def test_a_forged_or_broken_copy_is_nothing(key_of: KeyMaker) -> None:
    key_of()
    access_snapshot()
    path = snapshot_path()
    signature, _, payload = path.read_bytes().partition(b"\n")
    path.write_bytes(signature + b"\n" + payload.replace(b"search:read", b"ops"))
    assert snapshot_read() is None
    path.write_bytes(b"")
    assert snapshot_read() is None


@pytest.mark.django_db
def test_a_disk_that_refuses_costs_only_the_copy(settings: Any, tmp_path: Any) -> None:
    (tmp_path / "file").write_text("in the way")
    settings.VAR_DIR = tmp_path / "file"
    snapshot_write(AccessSnapshot())
    assert snapshot_read() is None


@pytest.mark.django_db(transaction=True)
def test_another_workers_poller_sees_a_revocation_within_a_second(settings: Any) -> None:
    """The poller is what runs in every worker; here it follows counters that moved elsewhere."""
    settings.ENDCAP_VERSION_POLLER = True
    try:
        issued = api_key_create(name="a", scopes=[Scope.OPS])
        assert principal_for(issued.secret_once) is not None
        time.sleep(2 * settings.ENDCAP_VERSION_POLL_S)
        api_key_revoke(key_id=issued.key.id)
        # As if another process had done it: this one was told nothing.
        for snapshot in snapshots._snapshots:
            snapshot._stale = False
        started = time.monotonic()
        while principal_for(issued.secret_once) is not None:
            assert time.monotonic() - started < 1.0
            time.sleep(0.01)
    finally:
        snapshots.poller_stop()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("area", "path", "status"),
    [
        ("api", "/api/v1/schema", 403),
        ("api", "/admin/login/", 200),
        ("admin", "/admin/login/", 403),
        ("everything", "/admin/login/", 403),
        ("everything", "/api/v1/schema", 403),
        ("everything", "/healthz", 200),
    ],
)
def test_ip_rules_guard_their_area(client: Client, area: str, path: str, status: int) -> None:
    IpRule.objects.create(network="203.0.113.0/24", verdict="deny", area=area)
    IpRule.objects.create(network="127.0.0.1", verdict="deny", area=area, active=False)
    ip_rules_publish()
    answer = client.get(path, REMOTE_ADDR="203.0.113.9")
    assert answer.status_code == status
    if status == 403 and path.startswith("/api"):
        assert answer.json()["code"] == "address_refused"


@pytest.mark.django_db
def test_one_allow_rule_shuts_out_everybody_else(client: Client) -> None:
    IpRule.objects.create(network="10.0.0.0/8", verdict="allow", area="admin")
    ip_rules_publish()
    assert client.get("/admin/login/", REMOTE_ADDR="10.1.1.1").status_code == 200
    assert client.get("/admin/login/", REMOTE_ADDR="203.0.113.9").status_code == 403


@pytest.mark.django_db
@pytest.mark.urls("tests.access.urls")
def test_people_wait_for_postgresql_and_keys_do_not(
    client: Client, key_of: KeyMaker, person: PersonMaker, request: pytest.FixtureRequest
) -> None:
    raw = key_of().secret_once
    client.force_login(person("root", superuser=True))
    access_snapshot()
    request.getfixturevalue("postgresql_down")
    assert client.get("/api/test/hot", headers={"X-API-Key": raw}).status_code == 200
    assert client.get("/api/test/hot").status_code == 503
