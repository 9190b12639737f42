"""Whatever the schema allows and much that it does not: no route answers 5xx."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack.processes import DemoStack

pytestmark = [pytest.mark.processes, pytest.mark.timeout(900)]
ROOT = Path(__file__).resolve().parents[2]


def test_schemathesis_finds_no_server_error(demo_stack: DemoStack, tmp_path: Path) -> None:
    key = demo_stack.manage("demo_urls", "--print-key").strip()
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "schemathesis"), "run",
            str(ROOT / "docs" / "openapi.yaml"),
            "--url", demo_stack.base_url,
            "--header", f"X-API-Key: {key}",
            "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
            "--phases", "examples,fuzzing",
            "--mode", "all",
            "--max-examples", "40",
            "--seed", "1",
            "--workers", "2",
            "--no-color",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
