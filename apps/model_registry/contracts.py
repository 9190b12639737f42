"""What crosses the registry's boundary: a version of an artifact, and why one is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol

Scalar = str | int | float | bool | None


class ArtifactCorrupt(ValueError):
    """An artifact that must not be loaded: changed, wrongly signed, or of an unsafe format.

    Attributes:
        reason: short and machine readable, a metric's label: `signature`, `checksum`, ….
    """

    def __init__(self, reason: str, detail: str) -> None:
        """Refuse for `reason`; `detail` is one sentence for a person."""
        super().__init__(detail)
        self.reason = reason


class StoreUnreachable(OSError):
    """The artifact store does not answer; nothing is known about the artifact itself."""


class ArtifactFile(NamedTuple):
    """One file of a version: its flat name, its bytes, and their SHA-256 in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ArtifactManifest:
    """What was published, and what the signature covers.

    Attributes:
        name: the artifact, such as `product_index`.
        number: its version, 1 and up, never used twice.
        created_at: aware UTC time of publishing.
        files: every file of the version, sorted by name.
        metadata: whatever its publisher says of it (scalars only).
        format: the layout of the manifest itself.
    """

    name: str
    number: int
    created_at: datetime
    files: tuple[ArtifactFile, ...]
    metadata: Mapping[str, Scalar]
    format: str = "endcap-artifact/1"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A verified version on this disk, ready to be read (and memory-mapped).

    Attributes:
        name: the artifact.
        number: its version.
        folder: holds exactly the manifest's files, and the manifest.
        manifest: verified: signature, sizes and checksums agreed.
    """

    name: str
    number: int
    folder: Path
    manifest: ArtifactManifest


@dataclass(frozen=True, slots=True)
class ActiveVersion:
    """The version that should be served, as the database says.

    Attributes:
        name: the artifact.
        number: its version.
        location: where it lies in the store, `name/number-token`.
        signature: the manifest's signature, hex.
        metadata: what its publisher said of it.
    """

    name: str
    number: int
    location: str
    signature: str
    metadata: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version in a list.

    Attributes:
        id: the row of its admin page.
        number: the version.
        state: `ready`, `building`, `abandoned` or `pruned`.
        active: whether it is served.
        created_at: aware.
        created_by: a person's name; empty for a job.
        metadata: what its publisher said of it.
    """

    id: int
    number: int
    state: str
    active: bool
    created_at: datetime
    created_by: str
    metadata: Mapping[str, Scalar]


class ArtifactStore(Protocol):
    """Where versions lie. Locations are `name/number-token` and never reused."""

    def staging(self) -> Path:
        """A new empty folder to write a version into, on the right file system."""
        ...

    def put(self, staged: Path, location: str) -> None:
        """Move a complete staged folder to `location`: wholly there afterwards, or not at all.

        Raises:
            StoreUnreachable: the store did not answer; nothing is at `location`.
        """
        ...

    def fetch(self, location: str) -> Path:
        """A folder on this disk with the files of `location`.

        Raises:
            ArtifactCorrupt: nothing complete lies there.
            StoreUnreachable: the store did not answer.
        """
        ...

    def delete(self, location: str) -> None:
        """Remove `location`; nothing happens when it is not there.

        Raises:
            StoreUnreachable: the store did not answer.
        """
        ...

    def staging_sweep(self, older_than_s: float) -> None:
        """Remove staged folders in which nothing changed for `older_than_s`."""
        ...

    def local_trim(self, location: str, older_than_s: float) -> None:
        """Drop this machine's old copies of other versions of the same artifact."""
        ...
