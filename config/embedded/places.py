"""Where the embedded servers keep their files, and as whom they run.

PostgreSQL refuses to run as root, so root drops to an ordinary account. That account must be
able to reach its binaries and its data: where the checkout is closed to it (below /root, say)
both move to a folder of their own under /var/tmp.
"""

import hashlib
import os
import pwd
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

# The longest path a Unix socket may have is 107 bytes; `.s.PGSQL.5432` needs 14 of them.
_SOCKET_DIR_MAX = 90


class EmbeddedServerError(RuntimeError):
    """A server could not be started; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Places:
    """Folders of one set of servers.

    Attributes:
        state: data folders and logs, on disk.
        sockets: a short folder for Unix sockets, closed to other users.
        account: the user PostgreSQL runs as, None when we are not root.
    """

    state: Path
    sockets: Path
    account: pwd.struct_passwd | None


def places_for(state: Path) -> Places:
    """The folders for servers whose state is wanted below `state`, created."""
    account = _account() if os.geteuid() == 0 else None
    state = state.absolute()
    state.mkdir(parents=True, exist_ok=True)
    if account is not None and not _open_to_all(state):
        state = Path("/var/tmp") / f"endcap-{_digest(state)}"  # noqa: S108 - data that survives a reboot
        state.mkdir(mode=0o755, exist_ok=True)
    sockets = Path(tempfile.gettempdir()) / f"endcap-{os.geteuid()}-{_digest(state)}"
    if len(str(sockets)) > _SOCKET_DIR_MAX:
        sockets = Path("/tmp") / sockets.name  # noqa: S108 - sockets need a short path
    sockets.mkdir(mode=0o700, exist_ok=True)
    if sockets.stat().st_uid not in {os.geteuid(), account.pw_uid if account else -1}:
        message = f"{sockets} belongs to another user; remove it and run again"
        raise EmbeddedServerError(message)
    if account is not None:
        os.chown(sockets, account.pw_uid, account.pw_gid)
    return Places(state, sockets, account)


def reachable_copy(folder: Path, places: Places, *siblings: Path) -> Path:
    """`folder`, or a copy that the account can reach when it cannot reach the original."""
    if places.account is None or _open_to_all(folder):
        return folder
    target = places.state / "binaries" / folder.name
    if not (target / ".complete").exists():
        print(
            f"copying {folder.name} to where {places.account.pw_name} can read it", file=sys.stderr
        )
        for source in (folder, *siblings):
            shutil.copytree(source, target.parent / source.name, symlinks=True, dirs_exist_ok=True)
        (target / ".complete").touch()
    return target


def _account() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    message = "PostgreSQL refuses to run as root and there is no user 'postgres' or 'nobody'"
    raise EmbeddedServerError(message)


def _open_to_all(folder: Path) -> bool:
    return all(
        parent.stat().st_mode & 0o001 for parent in (folder.resolve(), *folder.resolve().parents)
    )


def _digest(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:10]
