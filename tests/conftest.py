"""Shared fixtures. The servers themselves are started by config/settings/test.py."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import settings as hypothesis_settings

from apps.common.postgresql import postgresql_breaker
from apps.common.redis import redis_client, redis_forget_connections
from apps.common.snapshots import snapshots_forget

pytest_plugins = ["tests.browser", "tests.distribution"]
# A busy machine is not a slow function; in CI the same examples are tried every time.
hypothesis_settings.register_profile(
    "endcap", deadline=None, derandomize=os.environ.get("CI") == "true"
)
hypothesis_settings.load_profile("endcap")
SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


@pytest.fixture(autouse=True)
def _fresh_process_state() -> Iterator[None]:
    """Snapshots, breaker and Redis start empty: no test sees another's."""
    snapshots_forget()
    redis_forget_connections()
    redis_client().flushdb()
    postgresql_breaker.reset()
    yield
    snapshots_forget()


@pytest.fixture(scope="session", autouse=True)
def _fresh_artifacts() -> None:
    for folder in (settings.ARTIFACT_STORE, settings.ARTIFACT_CACHE):
        shutil.rmtree(folder, ignore_errors=True)
