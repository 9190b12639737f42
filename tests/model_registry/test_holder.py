import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from django.db import DatabaseError
from pytest_django import Settings

from apps.common.snapshots import snapshots_forget
from apps.model_registry.contracts import Artifact
from apps.model_registry.models import ArtifactVersion
from apps.model_registry.services import holder as holder_module
from apps.model_registry.services.holder import ArtifactHolder, artifact_loads_total
from apps.model_registry.services.publish import artifact_publish
from tests.model_registry.conftest import numbers_write

Numbers = npt.NDArray[np.float32]


def numbers_load(artifact: Artifact) -> Numbers:
    loaded: Numbers = np.load(artifact.folder / "numbers.npy", mmap_mode="r", allow_pickle=False)
    return loaded


matrix: ArtifactHolder[Numbers] = ArtifactHolder("matrix", numbers_load)


def served() -> list[float]:
    value = matrix.get()
    assert value is not None
    return [float(number) for number in value]


def folder_of(stores: Path, number: int) -> Path:
    return stores / "store" / ArtifactVersion.objects.get(number=number).location


@pytest.mark.django_db
def test_nothing_published_is_none_with_a_reason() -> None:
    assert matrix.get() is None
    assert (matrix.number, matrix.state.reason) == (0, "missing")


@pytest.mark.django_db
def test_a_new_version_is_swapped_in_and_the_old_arrays_stay_valid(
    settings: Settings,
) -> None:
    settings.ARTIFACT_KEEP_VERSIONS = 1
    artifact_publish(name="matrix", write=numbers_write(1, 2))
    in_flight = matrix.get()
    assert in_flight is not None
    artifact_publish(name="matrix", write=numbers_write(3))
    assert served() == [3]
    assert matrix.number == 2
    # Its files are pruned by now; the mapping is not.
    assert in_flight.tolist() == [1, 2]


@pytest.mark.django_db
def test_an_unchanged_version_is_not_loaded_again() -> None:
    artifact_publish(name="matrix", write=numbers_write(1))
    first = matrix.get()
    matrix._snapshot.mark_stale()
    assert matrix.get() is first


def content_change(folder: Path) -> None:
    path = folder / "numbers.npy"
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(bytes(raw))


def signature_change(folder: Path) -> None:
    path = folder / "manifest.json"
    document = json.loads(path.read_bytes())
    document["signature"] = "0" * 64
    path.write_text(json.dumps(document))


def file_add(folder: Path) -> None:
    (folder / "more.json").write_text("{}")


def pickle_add(folder: Path) -> None:
    (folder / "more.pkl").write_bytes(b"\x80\x04")


def file_remove(folder: Path) -> None:
    (folder / "numbers.npy").unlink()


def manifest_remove(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def older_version_put(folder: Path) -> None:
    older = next(path for path in folder.parent.iterdir() if "00000001" in path.name)
    for path in older.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (content_change, "checksum"),
        (signature_change, "signature"),
        (file_add, "checksum"),
        (pickle_add, "format"),
        (file_remove, "empty"),
        (manifest_remove, "manifest"),
        (older_version_put, "signature"),
    ],
)
def test_a_damaged_version_is_refused_counted_and_the_old_one_serves(
    damage: Callable[[Path], None], reason: str, stores: Path
) -> None:
    artifact_publish(name="matrix", write=numbers_write(1))
    assert served() == [1]
    before = artifact_loads_total.labels("matrix", reason)._value.get()
    artifact_publish(name="matrix", write=numbers_write(2))
    damage(folder_of(stores, 2))
    assert served() == [1]
    assert (matrix.number, matrix.state.reason) == (1, reason)
    assert artifact_loads_total.labels("matrix", reason)._value.get() == before + 1


@pytest.mark.django_db
def test_a_damaged_version_at_boot_falls_back_to_the_last_good_on_this_disk(stores: Path) -> None:
    artifact_publish(name="matrix", write=numbers_write(1))
    assert served() == [1]
    artifact_publish(name="matrix", write=numbers_write(2))
    content_change(folder_of(stores, 2))
    snapshots_forget()
    assert served() == [1]
    assert matrix.state.reason == "checksum"


@pytest.mark.django_db
def test_a_damaged_first_version_serves_nothing(stores: Path) -> None:
    artifact_publish(name="matrix", write=numbers_write(1))
    content_change(folder_of(stores, 1))
    assert matrix.get() is None
    assert matrix.state.reason == "checksum"


@pytest.mark.django_db
def test_a_mended_version_is_picked_up(stores: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holder_module, "_RETRY_S", 0.0)
    artifact_publish(name="matrix", write=numbers_write(1))
    content_change(folder_of(stores, 1))
    assert matrix.get() is None
    content_change(folder_of(stores, 1))
    assert served() == [1]
    assert matrix.state.reason == ""


@pytest.mark.django_db
def test_a_refused_version_is_not_hashed_again_at_every_poll(stores: Path) -> None:
    artifact_publish(name="matrix", write=numbers_write(1))
    content_change(folder_of(stores, 1))
    assert matrix.get() is None
    content_change(folder_of(stores, 1))
    assert matrix.get() is None


@pytest.mark.django_db
def test_a_loader_that_cannot_read_the_files_refuses_them() -> None:
    def load(artifact: Artifact) -> Numbers:
        raise ValueError("three rows expected")

    artifact_publish(name="odd", write=numbers_write(1))
    odd: ArtifactHolder[Numbers] = ArtifactHolder("odd", load)
    assert odd.get() is None
    assert odd.state.reason == "load"


@pytest.mark.django_db
def test_postgresql_down_at_boot_serves_the_last_one_on_this_disk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    artifact_publish(name="matrix", write=numbers_write(1))
    assert served() == [1]
    snapshots_forget()

    def gone(name: str) -> None:
        raise DatabaseError("connection refused")

    monkeypatch.setattr(holder_module, "active_version", gone)
    monkeypatch.setattr("django.db.connection.close", lambda: None)
    assert served() == [1]
    assert (matrix.number, matrix.state.reason) == (1, "database")
    monkeypatch.undo()
    assert served() == [1]
    assert matrix.state.reason == ""


@pytest.mark.django_db
def test_postgresql_down_later_keeps_what_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    artifact_publish(name="matrix", write=numbers_write(1))
    first = matrix.get()

    def gone(name: str) -> None:
        raise DatabaseError("connection refused")

    monkeypatch.setattr(holder_module, "active_version", gone)
    monkeypatch.setattr("django.db.connection.close", lambda: None)
    matrix._snapshot.mark_stale()
    assert matrix.get() is first


@pytest.mark.django_db
def test_a_pointer_that_leads_nowhere_serves_nothing(
    stores: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(name: str) -> None:
        raise DatabaseError("connection refused")

    monkeypatch.setattr(holder_module, "active_version", gone)
    monkeypatch.setattr("django.db.connection.close", lambda: None)
    assert matrix.get() is None
    (stores / "cache" / "current").mkdir(parents=True)
    (stores / "cache" / "current" / "matrix.json").write_text('{"location": "matrix/1-x"}')
    assert matrix.get() is None
    assert matrix.state.reason == "database"
