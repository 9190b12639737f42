"""Find the servers or start them: `DATABASE_URL`/`REDIS_URL`, else the embedded ones."""

import fcntl
import os
import re
import shutil
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.embedded.places import EmbeddedServerError, places_for
from config.embedded.postgresql import PostgresqlServer
from config.embedded.valkey import ValkeyServer

DEFAULT_DATABASE = "endcap"
# These read or write no data: they must work with no server at all.
_NEEDS_NO_SERVER = frozenset(
    {
        "",
        "help",
        "--help",
        "-h",
        "version",
        "--version",
        "collectstatic",
        "makemessages",
        "compilemessages",
    }
)


@dataclass(frozen=True, slots=True)
class Servers:
    postgresql: PostgresqlServer
    valkey: ValkeyServer

    def stop(self) -> None:
        self.valkey.stop()
        self.postgresql.stop()

    def remove(self, state: Path) -> None:
        """Stop, and delete what they keep outside `state`: sockets, and data that had to move."""
        self.stop()
        places = self.postgresql.places
        shutil.rmtree(places.sockets, ignore_errors=True)
        if places.state != state.absolute():
            shutil.rmtree(places.state, ignore_errors=True)


def servers_below(state: Path, *, throwaway: bool = False) -> Servers:
    """The pair whose files are below `state`, started or not."""
    places = places_for(state)
    return Servers(PostgresqlServer(places, throwaway), ValkeyServer(places, throwaway))


@contextmanager
def start_lock(state: Path) -> Iterator[None]:
    """One process at a time starts or stops servers."""
    state.mkdir(parents=True, exist_ok=True)
    with (state / "start.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def servers_start(state: Path, *, throwaway: bool = False) -> Servers:
    """Start what `DATABASE_URL` and `REDIS_URL` leave open, and set those variables."""
    with start_lock(state):
        servers = servers_below(state, throwaway=throwaway)
        if "DATABASE_URL" not in os.environ:
            if servers.postgresql.start():
                print(f"started PostgreSQL (log: {servers.postgresql.log})", file=sys.stderr)
            servers.postgresql.database_ensure(_database())
        if "REDIS_URL" not in os.environ and servers.valkey.start():
            print(f"started Valkey (log: {servers.valkey.log})", file=sys.stderr)
    _environment_set(servers, state)
    return servers


def _database() -> str:
    """`ENDCAP_DATABASE` names another database of the same server (an evaluation's, say)."""
    name = os.environ.get("ENDCAP_DATABASE", DEFAULT_DATABASE)
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", name):
        message = f"ENDCAP_DATABASE must be a plain lower-case name, not {name!r}"
        raise EmbeddedServerError(message)
    return name


def _environment_set(servers: Servers, state: Path) -> None:
    name = _database()
    other = name != DEFAULT_DATABASE
    # Another database has another Valkey database and artifacts of its own: nothing mixes.
    number = 1 + zlib.crc32(name.encode()) % 62 if other else 0
    os.environ.setdefault("DATABASE_URL", servers.postgresql.url(name))
    os.environ.setdefault("REDIS_URL", servers.valkey.url(number))
    if other:
        os.environ.setdefault("ARTIFACT_STORE", str(state / f"artifacts-{name}"))
        os.environ.setdefault("ARTIFACT_CACHE", str(state / f"artifact-cache-{name}"))


def servers_ensure(arguments: list[str]) -> None:
    """Before a plain `manage.py` command: find the running servers or start them.

    Production settings never start anything: there the URLs must be given.
    """
    if os.environ.get("DJANGO_SETTINGS_MODULE") == "config.settings.production":
        return
    if (arguments[0] if arguments else "") in _NEEDS_NO_SERVER:
        return
    if "DATABASE_URL" in os.environ and "REDIS_URL" in os.environ:
        return
    from config.env import VAR

    try:
        servers_start(VAR)
    except EmbeddedServerError as error:
        sys.exit(str(error))
