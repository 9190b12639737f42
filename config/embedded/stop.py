"""Stop the embedded servers; with --reset delete what they stored."""

import argparse
import fcntl
import shutil
import sys
from pathlib import Path

from config.embedded.discovery import servers_below, start_lock
from config.env import VAR


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reset", action="store_true", help="delete all stored data too")
    parser.add_argument("--test", action="store_true", help="the servers of the tests")
    arguments = parser.parse_args()
    state = VAR / "test" if arguments.test else VAR
    if _demo_runs(state):
        print("The demo is running: stop it with Ctrl-C first.", file=sys.stderr)
        return 1
    with start_lock(state):
        servers = servers_below(state)
        servers.stop()
        if arguments.reset:
            for path in _stored(state):
                print(f"deleting {path}")
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            servers.remove(state)
    print("stopped")
    return 0


def _demo_runs(state: Path) -> bool:
    lock = state / "demo.lock"
    if not lock.exists():
        return False
    with lock.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _stored(state: Path) -> list[Path]:
    # Tests and screenshots stay; everything the demo wrote goes.
    kept = {"test", "screenshots", "start.lock"}
    return sorted(path for path in state.iterdir() if path.name not in kept)


if __name__ == "__main__":
    sys.exit(main())
