from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack.processes import DemoStack, demo_remove, demo_start


@pytest.fixture(scope="session")
def demo_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoStack]:
    """One small demo for all tests of this folder: first start, real processes, real data."""
    var: Path = tmp_path_factory.mktemp("demo") / "var"
    stack = demo_start(var, products=400, days=6)
    yield stack
    demo_remove(stack)
