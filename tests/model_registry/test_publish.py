import threading
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, connection, transaction
from pytest_django import Settings

from apps.common.errors import InvalidInput
from apps.common.selectors import version_number
from apps.model_registry.contracts import ArtifactCorrupt, Scalar
from apps.model_registry.models import ArtifactState, ArtifactVersion
from apps.model_registry.selectors import active_version, ready_numbers
from apps.model_registry.services.prune import artifact_prune
from apps.model_registry.services.publish import artifact_publish
from tests.model_registry.conftest import numbers_write


@pytest.mark.django_db
def test_publishing_numbers_stores_and_activates(stores: Path) -> None:
    assert artifact_publish(name="matrix", write=numbers_write(1, 2)) == 1
    assert artifact_publish(name="matrix", write=numbers_write(3)) == 2
    active = active_version("matrix")
    assert active is not None
    assert active.number == 2
    assert np.load(stores / "store" / active.location / "numbers.npy").tolist() == [3]
    assert ArtifactVersion.objects.get(number=1).metadata == {"count": 2}
    assert version_number("artifact:matrix") == 2


@pytest.mark.django_db
def test_other_names_count_for_themselves() -> None:
    assert artifact_publish(name="matrix", write=numbers_write(1)) == 1
    assert artifact_publish(name="index", write=numbers_write(1)) == 1


def pickle_write(folder: Path) -> Mapping[str, Scalar]:
    (folder / "model.pkl").write_bytes(b"\x80\x04")
    return {}


def nothing_write(folder: Path) -> Mapping[str, Scalar]:
    return {}


def folder_write(folder: Path) -> Mapping[str, Scalar]:
    (folder / "inner.json").mkdir()
    return {}


def link_write(folder: Path) -> Mapping[str, Scalar]:
    (folder / "a.json").symlink_to("/etc/hostname")
    return {}


@pytest.mark.django_db
@pytest.mark.parametrize("write", [pickle_write, nothing_write, folder_write, link_write])
def test_unsafe_content_is_refused_and_the_old_version_stays(write: object) -> None:
    artifact_publish(name="matrix", write=numbers_write(1))
    with pytest.raises(ArtifactCorrupt):
        artifact_publish(name="matrix", write=write)  # type: ignore[arg-type]  # parametrised
    active = active_version("matrix")
    assert active is not None
    assert active.number == 1
    assert ArtifactVersion.objects.get(number=2).state == ArtifactState.ABANDONED


@pytest.mark.django_db
def test_a_writer_that_fails_leaves_nothing_behind(stores: Path) -> None:
    def write(folder: Path) -> Mapping[str, Scalar]:
        raise RuntimeError("the job broke")

    with pytest.raises(RuntimeError):
        artifact_publish(name="matrix", write=write)
    assert active_version("matrix") is None
    assert list((stores / "store" / ".staging").iterdir()) == []


@pytest.mark.django_db
def test_a_name_that_is_no_word_is_invalid() -> None:
    with pytest.raises(InvalidInput) as refused:
        artifact_publish(name="../up", write=numbers_write(1))
    assert refused.value.extra["field"] == "name"


@pytest.mark.django_db
def test_without_a_key_nothing_is_published(settings: Settings) -> None:
    settings.ARTIFACT_SIGNING_KEY = ""
    with pytest.raises(ImproperlyConfigured):
        artifact_publish(name="matrix", write=numbers_write(1))
    assert active_version("matrix") is None


@pytest.mark.django_db
def test_a_half_version_can_never_be_active() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ArtifactVersion.objects.create(name="a", number=1, location="a/1", is_active=True)


@pytest.mark.django_db
def test_pruning_keeps_the_newest_and_the_active(settings: Settings, stores: Path) -> None:
    settings.ARTIFACT_KEEP_VERSIONS = 2
    for number in range(5):
        artifact_publish(name="matrix", write=numbers_write(number))
    assert ready_numbers("matrix") == (5, 4)
    assert len(list((stores / "store" / "matrix").iterdir())) == 2
    ArtifactVersion.objects.filter(is_active=True).update(is_active=False)
    ArtifactVersion.objects.filter(number=4).update(is_active=True)
    assert artifact_prune(name="matrix", keep=1) == 0
    assert ready_numbers("matrix") == (5, 4)


@pytest.mark.django_db
def test_pruning_sweeps_up_after_a_build_that_died(stores: Path) -> None:
    dead = ArtifactVersion.objects.create(name="matrix", number=1, location="matrix/dead")
    young = ArtifactVersion.objects.create(name="matrix", number=2, location="matrix/young")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE model_registry_artifactversion SET created_at = now() - interval '7 h' "
            "WHERE number = 1"
        )
    for version in (dead, young):
        (stores / "store" / version.location).mkdir(parents=True)
    artifact_publish(name="matrix", write=numbers_write(1))
    dead.refresh_from_db()
    young.refresh_from_db()
    assert (dead.state, young.state) == (ArtifactState.ABANDONED, ArtifactState.BUILDING)
    assert not (stores / "store" / dead.location).exists()
    assert (stores / "store" / young.location).exists()


@pytest.mark.django_db(transaction=True)
def test_concurrent_publishers_get_distinct_numbers_and_the_highest_is_served() -> None:
    numbers: list[int] = []
    gate = threading.Barrier(6)

    def publish() -> None:
        gate.wait()
        try:
            numbers.append(artifact_publish(name="matrix", write=numbers_write(1)))
        finally:
            connection.close()

    threads = [threading.Thread(target=publish) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    active = active_version("matrix")
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]
    assert active is not None
    assert active.number == 6


@pytest.mark.django_db(transaction=True)
def test_a_slow_publisher_does_not_replace_a_newer_version() -> None:
    def slow(folder: Path) -> Mapping[str, Scalar]:
        artifact_publish(name="matrix", write=numbers_write(2))
        return numbers_write(1)(folder)

    assert artifact_publish(name="matrix", write=slow) == 1
    active = active_version("matrix")
    assert active is not None
    assert active.number == 2
