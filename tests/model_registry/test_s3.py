"""The S3 store against a real HTTP server of moto on the loopback interface."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from moto.server import ThreadedMotoServer
from pytest_django import Settings

from apps.common.snapshots import snapshots_forget
from apps.model_registry.contracts import Artifact, ArtifactCorrupt, StoreUnreachable
from apps.model_registry.engines.s3_store import BotoMissing, S3Store, s3_client
from apps.model_registry.models import ArtifactVersion
from apps.model_registry.services.holder import ArtifactHolder
from apps.model_registry.services.publish import artifact_publish
from apps.model_registry.services.stores import _store
from tests.model_registry.conftest import numbers_write

Numbers = npt.NDArray[np.float32]


def numbers_load(artifact: Artifact) -> Numbers:
    loaded: Numbers = np.load(artifact.folder / "numbers.npy", mmap_mode="r", allow_pickle=False)
    return loaded


remote: ArtifactHolder[Numbers] = ArtifactHolder("remote", numbers_load)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(
    endpoint: str, settings: Settings, monkeypatch: pytest.MonkeyPatch, stores: Path
) -> Path:
    """The settings of a machine that keeps artifacts on S3; answers its cache folder."""
    for name, value in {
        "AWS_ENDPOINT_URL_S3": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    _store.cache_clear()
    s3_client().create_bucket(Bucket="artifacts")
    settings.ARTIFACT_STORE = "s3://artifacts/shop/one"
    for key in keys():
        s3_client().delete_object(Bucket="artifacts", Key=key)
    return stores / "cache"


def keys() -> list[str]:
    answer = s3_client().list_objects_v2(Bucket="artifacts", Prefix="shop/one/remote/")
    return [entry["Key"] for entry in answer.get("Contents", [])]


@pytest.mark.django_db
def test_another_machine_downloads_what_one_published(bucket: Path) -> None:
    artifact_publish(name="remote", write=numbers_write(1, 2))
    shutil.rmtree(bucket)
    value = remote.get()
    assert value is not None
    assert value.tolist() == [1, 2]
    location = ArtifactVersion.objects.get().location
    assert keys() == [f"shop/one/{location}/{n}" for n in ("manifest.json", "numbers.npy")]
    assert (bucket / location / "numbers.npy").exists()
    assert list((bucket / ".staging").iterdir()) == []


@pytest.mark.django_db
def test_pruned_versions_leave_the_bucket(bucket: Path, settings: Settings) -> None:
    settings.ARTIFACT_KEEP_VERSIONS = 2
    for number in range(4):
        artifact_publish(name="remote", write=numbers_write(number))
    kept = {key.split("/")[3].split("-")[0] for key in keys()}
    assert kept == {"00000003", "00000004"}


@pytest.mark.django_db
def test_a_changed_object_is_refused_and_the_old_version_serves(bucket: Path) -> None:
    artifact_publish(name="remote", write=numbers_write(1))
    assert remote.get() is not None
    artifact_publish(name="remote", write=numbers_write(2))
    location = ArtifactVersion.objects.get(number=2).location
    forged = bucket / "forged.npy"
    np.save(forged, np.array([9], np.float32))
    s3_client().upload_file(str(forged), "artifacts", f"shop/one/{location}/numbers.npy")
    shutil.rmtree(bucket / location)
    value = remote.get()
    assert value is not None
    assert value.tolist() == [1]
    assert remote.state.reason == "checksum"


@pytest.mark.django_db
def test_with_the_store_away_the_copy_on_this_disk_serves(
    bucket: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifact_publish(name="remote", write=numbers_write(1))
    assert remote.get() is not None
    artifact_publish(name="remote", write=numbers_write(2))
    shutil.rmtree(bucket / ArtifactVersion.objects.get(number=2).location)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    _store.cache_clear()
    snapshots_forget()
    value = remote.get()
    assert value is not None
    assert value.tolist() == [1]
    assert remote.state.reason == "store"
    with pytest.raises(StoreUnreachable):
        artifact_publish(name="remote", write=numbers_write(3))
    _store.cache_clear()


@pytest.mark.django_db
def test_a_version_without_its_manifest_is_not_there(bucket: Path) -> None:
    artifact_publish(name="remote", write=numbers_write(1))
    location = ArtifactVersion.objects.get().location
    s3_client().delete_object(Bucket="artifacts", Key=f"shop/one/{location}/manifest.json")
    shutil.rmtree(bucket)
    store = S3Store(s3_client(), "artifacts", "shop/one", bucket)
    with pytest.raises(ArtifactCorrupt) as refused:
        store.fetch(location)
    assert refused.value.reason == "missing"


@pytest.mark.django_db
def test_old_copies_leave_this_disk_and_fetched_ones_stay(bucket: Path) -> None:
    store = S3Store(s3_client(), "artifacts", "shop/one", bucket)
    for number in range(3):
        artifact_publish(name="remote", write=numbers_write(number))
    first, second, third = (
        version.location for version in ArtifactVersion.objects.order_by("number")
    )
    hours_ago = time.time() - 7200
    for location in (first, second):
        os.utime(bucket / location, (hours_ago, hours_ago))
    store.fetch(second)
    store.local_trim(third, 3600)
    assert [(bucket / each).exists() for each in (first, second, third)] == [False, True, True]


@pytest.mark.django_db
def test_two_workers_of_a_machine_may_download_at_once(bucket: Path) -> None:
    artifact_publish(name="remote", write=numbers_write(1))
    location = ArtifactVersion.objects.get().location
    store = S3Store(s3_client(), "artifacts", "shop/one", bucket)
    slower = store.staging()
    store._download(location, slower)
    store._adopt(slower, location)
    assert store.fetch(location) == bucket / location


def test_without_boto3_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "boto3", None)
    with pytest.raises(BotoMissing, match="pip install boto3"):
        s3_client()
