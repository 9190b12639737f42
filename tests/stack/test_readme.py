"""Every `bash` block of the README runs, in order, beside a running demo.

Blocks marked `console` are the two main commands (this folder's fixture runs the one, and this
test is run by the other) and commands on a reader's own files.
"""

import re
import subprocess
from pathlib import Path

import pytest

from tests.stack.processes import DemoStack

pytestmark = [pytest.mark.processes, pytest.mark.timeout(600)]
ROOT = Path(__file__).resolve().parents[2]


def test_every_command_of_the_readme_runs(demo_stack: DemoStack) -> None:
    blocks = re.findall(
        r"^```bash\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL
    )
    assert blocks
    script = "set -eu\n" + "\n".join(blocks)
    script = script.replace("http://127.0.0.1:8000", demo_stack.base_url)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=ROOT,
        env=demo_stack.environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert '"query_id"' in done.stdout
    assert "openapi:" in done.stdout


def test_every_page_the_readme_points_to_exists() -> None:
    text = (ROOT / "README.md").read_text()
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / target).exists(), target
