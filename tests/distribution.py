"""How pytest-xdist's workers share the tests: by file, and the whole stack as one.

The tests of tests/stack share one running demo, so one worker takes them all, and first: they
are the longest. (pytest-xdist's own `loadgroup` loses its marks under pytest 9.2.)
"""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

STACK = "tests/stack/"


class FileScheduling(LoadScopeScheduling):
    """A file is a unit of work; tests/stack is one unit."""

    def _split_scope(self, nodeid: str) -> str:
        return STACK if nodeid.startswith(STACK) else nodeid.split("::", 1)[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer | None) -> FileScheduling:
    return FileScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(STACK))
