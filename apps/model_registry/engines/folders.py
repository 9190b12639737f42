"""A version's folder on disk: listed, hashed, synced and verified."""

import hashlib
import os
import shutil
import time
from pathlib import Path

from apps.model_registry.contracts import Artifact, ArtifactCorrupt, ArtifactFile
from apps.model_registry.domain.formats import HEAD_BYTES, file_check
from apps.model_registry.domain.manifests import MANIFEST_FILE, manifest_decode

_CHUNK = 1 << 20


def folder_files(folder: Path) -> tuple[ArtifactFile, ...]:
    """Every file of `folder` but the manifest, checked for a safe format, and hashed.

    Raises:
        ArtifactCorrupt: an unsafe file, a subfolder, a link, or nothing at all.
    """
    paths = sorted(path for path in folder.iterdir() if path.name != MANIFEST_FILE)
    if not paths:
        raise ArtifactCorrupt("empty", "an artifact needs at least one file")
    return tuple(_file_read(path) for path in paths)


def _file_read(path: Path) -> ArtifactFile:
    if path.is_symlink() or not path.is_file():
        raise ArtifactCorrupt("name", f"{path.name} is not a plain file")
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
        file_check(path.name, head)
        chunk = head
        while chunk:
            digest.update(chunk)
            size += len(chunk)
            chunk = stream.read(_CHUNK)
    return ArtifactFile(path.name, size, digest.hexdigest())


def folder_sync(folder: Path) -> None:
    """Make the folder's files durable: they survive a power cut once this returns."""
    for path in folder.iterdir():
        path_sync(path)
    path_sync(folder)


def path_sync(path: Path) -> None:
    """Flush one file, or one directory's list of names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def folder_verify(folder: Path, *, name: str, key: str, signature: str | None) -> Artifact:
    """The artifact in `folder`, once every byte of it is known to be what was published.

    Args:
        folder: what a store fetched.
        name: the artifact it must be.
        key: the signing key.
        signature: the one the database knows; None when it cannot be asked.

    Raises:
        ArtifactCorrupt: anything differs from the signed manifest.
    """
    try:
        raw = (folder / MANIFEST_FILE).read_bytes()
    except OSError as error:
        raise ArtifactCorrupt("manifest", f"there is no manifest: {error}") from error
    manifest, found = manifest_decode(raw, key)
    if manifest.name != name or (signature is not None and signature != found):
        raise ArtifactCorrupt("signature", f"this is {manifest.name}, not the version asked for")
    try:
        files = folder_files(folder)
    except OSError as error:
        raise ArtifactCorrupt("checksum", f"a file cannot be read: {error}") from error
    if files != manifest.files:
        raise ArtifactCorrupt("checksum", "the files differ from their manifest")
    return Artifact(name, manifest.number, folder, manifest)


def staging_sweep(parent: Path, older_than_s: float) -> None:
    """Remove the folders under `parent` that crashed builds left.

    Args:
        parent: where builds are staged; may be missing.
        older_than_s: seconds since a folder, or a file in it, last changed.
    """
    for folder in parent.iterdir() if parent.is_dir() else ():
        try:
            newest = max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
        except OSError:
            continue  # its build has just moved it
        if time.time() - newest > older_than_s:
            shutil.rmtree(folder, ignore_errors=True)
