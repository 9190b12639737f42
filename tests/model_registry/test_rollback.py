from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from apps.access.models import AuditEntry, User
from apps.common.errors import Conflict, InvalidInput, NotFound
from apps.model_registry.models import ArtifactState, ArtifactVersion
from apps.model_registry.selectors import active_version
from apps.model_registry.services.publish import artifact_publish
from apps.model_registry.services.rollback import artifact_rollback
from tests.model_registry.conftest import numbers_write

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator() -> User:
    return User.objects.create_user("op", password="x" * 12, is_staff=True)


@pytest.fixture
def two_versions() -> None:
    artifact_publish(name="matrix", write=numbers_write(1))
    artifact_publish(name="matrix", write=numbers_write(2))


def active_number() -> int:
    active = active_version("matrix")
    return active.number if active else 0


def test_a_rollback_serves_the_old_version_and_is_audited(
    two_versions: None, operator: User
) -> None:
    artifact_rollback(name="matrix", number=1, actor=operator, reason="2 ranks badly")
    assert active_number() == 1
    entry = AuditEntry.objects.get(action="model_registry.activate")
    assert (entry.subject_id, entry.before, entry.after) == (
        "matrix",
        {"number": 2},
        {"number": 1},
    )
    assert entry.reason == "2 ranks badly"


def test_a_rollback_can_be_rolled_forward_and_a_publish_goes_on(
    two_versions: None, operator: User
) -> None:
    artifact_rollback(name="matrix", number=1, actor=operator, reason="back")
    artifact_rollback(name="matrix", number=2, actor=operator, reason="and forth")
    assert active_number() == 2
    artifact_rollback(name="matrix", number=1, actor=None)
    assert artifact_publish(name="matrix", write=numbers_write(3)) == 3
    assert active_number() == 3


def test_activating_what_is_active_changes_nothing(two_versions: None, operator: User) -> None:
    artifact_rollback(name="matrix", number=2, actor=operator, reason="again")
    assert not AuditEntry.objects.filter(action="model_registry.activate").exists()


def test_a_person_gives_a_reason(two_versions: None, operator: User) -> None:
    with pytest.raises(InvalidInput):
        artifact_rollback(name="matrix", number=1, actor=operator, reason=" ")


def test_an_unknown_version_is_not_found(two_versions: None) -> None:
    with pytest.raises(NotFound):
        artifact_rollback(name="matrix", number=9, actor=None)


@pytest.mark.parametrize("state", [ArtifactState.PRUNED, ArtifactState.BUILDING])
def test_a_version_without_files_cannot_be_served(two_versions: None, state: str) -> None:
    ArtifactVersion.objects.filter(number=1).update(state=state)
    with pytest.raises(Conflict):
        artifact_rollback(name="matrix", number=1, actor=None)


def test_a_damaged_version_cannot_be_served(two_versions: None, stores: Path) -> None:
    location = ArtifactVersion.objects.get(number=1).location
    (stores / "store" / location / "numbers.npy").write_bytes(b"\x93NUMPY damaged")
    with pytest.raises(Conflict):
        artifact_rollback(name="matrix", number=1, actor=None)
    assert active_number() == 2


def activate_url(number: int) -> str:
    version = ArtifactVersion.objects.get(number=number)
    return reverse("admin:model_registry_artifactversion_activate", args=[version.pk])


def allowed(user: User, *codenames: str) -> Client:
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def test_admin_shows_versions_and_activates_one(two_versions: None, operator: User) -> None:
    client = allowed(operator, "view_artifactversion", "activate_artifactversion")
    page = client.get(reverse("admin:model_registry_artifactversion_changelist"))
    assert page.status_code == 200
    assert "served" in page.content.decode()
    version = ArtifactVersion.objects.get(number=1)
    detail = client.get(reverse("admin:model_registry_artifactversion_change", args=[version.pk]))
    assert detail.status_code == 200
    assert activate_url(1) in detail.content.decode()
    asked = client.get(activate_url(1)).content.decode()
    assert "replaces" in asked
    assert "This is not a pin" in asked
    assert client.post(activate_url(1), {"reason": ""}).status_code == 200
    assert active_number() == 2
    assert client.post(activate_url(1), {"reason": "better"}).status_code == 302
    assert active_number() == 1


def test_admin_says_why_it_refuses(two_versions: None, operator: User) -> None:
    ArtifactVersion.objects.filter(number=1).update(state=ArtifactState.PRUNED)
    client = allowed(operator, "view_artifactversion", "activate_artifactversion")
    page = client.post(activate_url(1), {"reason": "try"})
    assert "cannot be served" in page.content.decode()


def test_who_may_only_look_cannot_activate(two_versions: None, operator: User) -> None:
    client = allowed(operator, "view_artifactversion")
    assert client.post(activate_url(1), {"reason": "no"}).status_code in {302, 403}
    assert active_number() == 2
    version = ArtifactVersion.objects.get(number=1)
    detail = client.get(reverse("admin:model_registry_artifactversion_change", args=[version.pk]))
    assert activate_url(1) not in detail.content.decode()


def test_nobody_adds_changes_or_deletes_in_admin(two_versions: None) -> None:
    root = User.objects.create_superuser("root", password="x" * 12)
    client = Client()
    client.force_login(root)
    version = ArtifactVersion.objects.get(number=1)
    for verb in ("change", "delete"):
        url = reverse(f"admin:model_registry_artifactversion_{verb}", args=[version.pk])
        assert client.post(url, {"name": "x", "post": "yes"}).status_code == 403
    assert client.get(reverse("admin:model_registry_artifactversion_add")).status_code == 403
    assert ArtifactVersion.objects.count() == 2
