"""`make test`: every gate, then every test. Stops at the first gate that does not hold."""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PY = str(ROOT / ".venv" / "bin" / "python")
BIN = ROOT / ".venv" / "bin"
TEST = {"DJANGO_SETTINGS_MODULE": "config.settings.test"}
# check --deploy reads production settings, which refuse to start without these.
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "SECRET_KEY": "check-" + "k3y" * 20,
    "ARTIFACT_SIGNING_KEY": "check-artifact-key",
    "ALLOWED_HOSTS": "shop.example",
    "DATABASE_URL": "postgresql:///unused",
    "REDIS_URL": "redis://localhost/0",
}
GATES: tuple[tuple[str, list[str], dict[str, str]], ...] = (
    ("format", [str(BIN / "ruff"), "format", "--check", "--quiet", "."], {}),
    ("lint", [str(BIN / "ruff"), "check", "--quiet", "."], {}),
    ("types", [str(BIN / "mypy"), "--no-error-summary"], {}),
    ("imports", [str(BIN / "lint-imports"), "--no-logo"], {}),
    (
        "migrations",
        [PY, "manage.py", "makemigrations", "--check", "--dry-run"],
        TEST,
    ),
    (
        "deploy check",
        [PY, "-m", "django", "check", "--deploy", "--fail-level", "WARNING"],
        PRODUCTION,
    ),
)
COVERAGE_PURE = ["apps/*/domain/*", "apps/*/contracts.py", "apps/*/contracts/*"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gates-only", action="store_true")
    arguments = parser.parse_args()
    started = time.monotonic()
    for name, command, environment in GATES:
        if not _run(name, command, environment):
            return 1
    if not arguments.gates_only and not _tests():
        return 1
    print(f"everything holds, {time.monotonic() - started:.0f} s")
    return 0


def _run(name: str, command: list[str], environment: dict[str, str]) -> bool:
    started = time.monotonic()
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    held = done.returncode == 0
    print(
        f"{'held' if held else 'BROKEN':7}{name} ({time.monotonic() - started:.0f} s)", flush=True
    )
    if not held:
        print(done.stdout)
    return held


def _tests() -> bool:
    coverage = [PY, "-m", "coverage"]
    for leftover in ROOT.glob(".coverage*"):
        leftover.unlink()
    command = [
        PY,
        "-m",
        "pytest",
        "-q",
        "-n",
        "2",
        "--cov",
        "--cov-report=",
    ]
    tests = subprocess.run(command, cwd=ROOT, check=False)
    subprocess.run([PY, "-m", "config.embedded.stop", "--test"], cwd=ROOT, check=False)
    if tests.returncode:
        return False
    pure = ",".join(COVERAGE_PURE)
    return _run(
        "coverage of domain and contracts, 100 %",
        [*coverage, "report", f"--include={pure}", "--fail-under=100"],
        {},
    ) and _run("coverage of the whole, 90 %", [*coverage, "report", "--fail-under=90"], {})


if __name__ == "__main__":
    sys.exit(main())
