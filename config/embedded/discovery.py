"""Find the servers or start them: `DATABASE_URL`/`REDIS_URL`, else the embedded ones."""

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.embedded.places import EmbeddedServerError, places_for
from config.embedded.postgresql import PostgresqlServer
from config.embedded.valkey import ValkeyServer

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
            servers.postgresql.database_ensure()
        if "REDIS_URL" not in os.environ and servers.valkey.start():
            print(f"started Valkey (log: {servers.valkey.log})", file=sys.stderr)
    os.environ.setdefault("DATABASE_URL", servers.postgresql.url())
    os.environ.setdefault("REDIS_URL", servers.valkey.url())
    return servers


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
