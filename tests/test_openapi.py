"""The committed schema is the one the code produces: `make schema` writes it."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_committed_schema_is_what_the_routes_say(tmp_path: Path) -> None:
    fresh = tmp_path / "openapi.yaml"
    # A process of its own: hot routes register when the URLs are first read, and in this
    # process other tests may have registered routes of theirs.
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "django",
            "spectacular",
            "--validate",
            "--fail-on-warn",
            "--file",
            str(fresh),
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    committed = (ROOT / "docs" / "openapi.yaml").read_text()
    assert fresh.read_text() == committed, "run `make schema` and commit docs/openapi.yaml"


def test_every_reference_of_the_committed_schema_is_defined() -> None:
    committed = (ROOT / "docs" / "openapi.yaml").read_text()
    asked = set(re.findall(r"#/components/schemas/(\w+)", committed))
    defined = set(re.findall(r"^    (\w+):$", committed.split("\n  schemas:\n")[1], re.MULTILINE))
    assert asked - defined == set()
