"""Artifacts in a folder of this machine (or one that every machine mounts)."""

import shutil
import tempfile
from pathlib import Path

from apps.model_registry.contracts import ArtifactCorrupt, StoreUnreachable
from apps.model_registry.engines.folders import folder_sync, path_sync, staging_sweep


class LocalStore:
    """Versions as folders; a rename on one file system makes one appear whole.

    Args:
        root: created when missing.
    """

    def __init__(self, root: Path) -> None:
        """Keep versions under `root`."""
        self._root = root

    def staging(self) -> Path:
        """A new folder under `root`, so that the rename stays on one file system."""
        parent = self._root / ".staging"
        parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(dir=parent))

    def put(self, staged: Path, location: str) -> None:
        """Sync, then rename into place.

        Raises:
            StoreUnreachable: the disk refused.
        """
        target = self._root / location
        try:
            folder_sync(staged)
            staged.chmod(0o755)
            target.parent.mkdir(parents=True, exist_ok=True)
            staged.rename(target)
            path_sync(target.parent)
        except OSError as error:
            raise StoreUnreachable(f"cannot write {target}: {error}") from error

    def fetch(self, location: str) -> Path:
        """The folder itself: nothing is copied.

        Raises:
            ArtifactCorrupt: it is not there.
        """
        folder = self._root / location
        if not folder.is_dir():
            raise ArtifactCorrupt("missing", f"{location} is not on this disk")
        return folder

    def delete(self, location: str) -> None:
        """Remove the folder; files that a process has mapped stay readable to it."""
        shutil.rmtree(self._root / location, ignore_errors=True)

    def staging_sweep(self, older_than_s: float) -> None:
        """Remove staged folders in which nothing changed for `older_than_s`."""
        staging_sweep(self._root / ".staging", older_than_s)

    def local_trim(self, location: str, older_than_s: float) -> None:
        """Nothing to do: the store is the only copy."""
