"""Pruning waits for whoever activates; a store that is gone is said, not an error of ours."""

import threading
from pathlib import Path

import pytest
from django.db import connection, transaction

from apps.common.errors import Unavailable
from apps.model_registry.contracts import StoreUnreachable
from apps.model_registry.engines.local_store import LocalStore
from apps.model_registry.models import ArtifactVersion
from apps.model_registry.services.locks import artifact_lock
from apps.model_registry.services.prune import artifact_prune
from apps.model_registry.services.publish import artifact_publish
from apps.model_registry.services.rollback import artifact_rollback
from tests.model_registry.conftest import numbers_write


@pytest.mark.django_db(transaction=True)
def test_a_version_that_is_being_activated_is_not_pruned(stores: Path) -> None:
    for number in (1, 2):
        artifact_publish(name="matrix", write=numbers_write(number))

    def prune() -> None:
        try:
            artifact_prune(name="matrix", keep=1)
        finally:
            connection.close()

    other = threading.Thread(target=prune)
    with transaction.atomic():
        artifact_lock("matrix")
        other.start()
        # It waits for the lock, and has chosen nothing yet.
        other.join(0.5)
        assert other.is_alive()
        artifact_rollback(name="matrix", number=1, actor=None)
    other.join(30)
    assert not other.is_alive()
    version = ArtifactVersion.objects.get(number=1)
    assert (version.is_active, version.state) == (True, "ready")
    assert (stores / "store" / version.location).is_dir()


@pytest.mark.django_db
def test_a_store_that_is_gone_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (1, 2):
        artifact_publish(name="matrix", write=numbers_write(number))

    def gone(_store: LocalStore, _location: str) -> Path:
        raise StoreUnreachable("no route")

    monkeypatch.setattr(LocalStore, "fetch", gone)
    with pytest.raises(Unavailable):
        artifact_rollback(name="matrix", number=1, actor=None)
    assert ArtifactVersion.objects.get(is_active=True).number == 2


def test_a_build_that_still_writes_is_not_swept(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "other")
    store.staging_sweep(0)
    fresh = store.staging()
    store.staging_sweep(3600)
    assert fresh.is_dir()
    store.staging_sweep(-1)
    assert not fresh.exists()
