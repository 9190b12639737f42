"""Artifacts on S3-compatible object storage, with copies on this disk.

The manifest is uploaded last: a version without one is not there.
"""

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from apps.model_registry.contracts import ArtifactCorrupt, StoreUnreachable
from apps.model_registry.domain.manifests import MANIFEST_FILE
from apps.model_registry.engines.folders import folder_sync, staging_sweep

if TYPE_CHECKING:
    from boto3 import S3Client


class BotoMissing(RuntimeError):
    """ARTIFACT_STORE names s3:// but boto3 is not installed."""


def s3_client(endpoint_url: str | None = None) -> "S3Client":
    """A client that reads AWS_* variables, with timeouts that a start can wait for.

    Raises:
        BotoMissing: boto3 is an extra (requirements/production.in, requirements/worker.in).
    """
    try:
        import boto3
        from botocore.config import Config
    except ImportError as error:
        raise BotoMissing("ARTIFACT_STORE=s3://… needs boto3: pip install boto3") from error
    return boto3.client(
        "s3",
        endpoint_url=endpoint_url,
        config=Config(connect_timeout=3, read_timeout=30, retries={"max_attempts": 3}),
    )


class S3Store:
    """Versions as key prefixes in one bucket.

    Args:
        client: a boto3 S3 client.
        bucket: its bucket.
        prefix: put before every key, may be empty.
        cache: folder for this machine's copies.
    """

    def __init__(self, client: "S3Client", bucket: str, prefix: str, cache: Path) -> None:
        """Keep versions under `prefix` of `bucket`."""
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._cache = cache

    def staging(self) -> Path:
        """A new folder inside the cache."""
        parent = self._cache / ".staging"
        parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(dir=parent))

    def put(self, staged: Path, location: str) -> None:
        """Upload all files, the manifest last, and keep the folder as this disk's copy.

        Raises:
            StoreUnreachable: the store did not answer.
        """
        names = sorted(path.name for path in staged.iterdir() if path.name != MANIFEST_FILE)
        for name in [*names, MANIFEST_FILE]:
            key = f"{self._prefix}{location}/{name}"
            try:
                self._client.upload_file(str(staged / name), self._bucket, key)
            except Exception as error:  # boto3 raises classes that it makes at run time
                raise StoreUnreachable(f"cannot upload {name}: {error}") from error
        self._adopt(staged, location)

    def fetch(self, location: str) -> Path:
        """This disk's copy, downloaded when it is not there yet.

        Raises:
            ArtifactCorrupt: no manifest lies there.
            StoreUnreachable: the store did not answer.
        """
        folder = self._cache / location
        if folder.is_dir():
            # Its age counts from the last use: trimming leaves what is being loaded.
            os.utime(folder)
            return folder
        staged = self.staging()
        try:
            self._download(location, staged)
            self._adopt(staged, location)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
        return folder

    def _download(self, location: str, staged: Path) -> None:
        keys = self._keys(location)
        if f"{self._prefix}{location}/{MANIFEST_FILE}" not in keys:
            raise ArtifactCorrupt("missing", f"{location} is not in the bucket")
        for key in keys:
            name = key.rsplit("/", 1)[1]
            try:
                self._client.download_file(self._bucket, key, str(staged / name))
            except Exception as error:  # boto3 raises classes that it makes at run time
                raise StoreUnreachable(f"cannot download {name}: {error}") from error

    def _adopt(self, staged: Path, location: str) -> None:
        folder = self._cache / location
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder_sync(staged)
        staged.chmod(0o755)
        try:
            staged.rename(folder)
        except OSError:
            # Another worker of this machine was quicker; its copy is as good as ours.
            if not folder.is_dir():
                raise

    def _keys(self, location: str) -> list[str]:
        try:
            # A version has a handful of files: one page of a thousand keys holds them.
            answer = self._client.list_objects_v2(
                Bucket=self._bucket, Prefix=f"{self._prefix}{location}/"
            )
        except Exception as error:  # boto3 raises classes that it makes at run time
            raise StoreUnreachable(f"cannot list {location}: {error}") from error
        return [entry["Key"] for entry in answer.get("Contents", [])]

    def delete(self, location: str) -> None:
        """Remove the keys and this disk's copy.

        Raises:
            StoreUnreachable: the store did not answer.
        """
        # The manifest goes first: what is half deleted is not there.
        keys = sorted(self._keys(location), key=lambda key: not key.endswith(MANIFEST_FILE))
        for key in keys:
            try:
                self._client.delete_object(Bucket=self._bucket, Key=key)
            except Exception as error:  # boto3 raises classes that it makes at run time
                raise StoreUnreachable(f"cannot delete {key}: {error}") from error
        shutil.rmtree(self._cache / location, ignore_errors=True)

    def staging_sweep(self, older_than_s: float) -> None:
        """Remove staged folders in which nothing changed for `older_than_s`."""
        staging_sweep(self._cache / ".staging", older_than_s)

    def local_trim(self, location: str, older_than_s: float) -> None:
        """Drop copies of other versions that nobody has fetched for `older_than_s`."""
        current = self._cache / location
        for folder in current.parent.iterdir():
            if folder != current and time.time() - folder.stat().st_mtime > older_than_s:
                shutil.rmtree(folder, ignore_errors=True)
