"""A publisher killed in the middle leaves no active half-version."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from apps.model_registry.models import ArtifactState, ArtifactVersion
from apps.model_registry.selectors import active_version
from apps.model_registry.services.publish import artifact_publish
from tests.model_registry.conftest import numbers_write


def publisher_kill(place: str, stores: Path) -> None:
    ready = stores / "ready"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "CRASH_DATABASE": str(connection.settings_dict["NAME"]),
        "CRASH_STORE": str(stores / "store"),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.model_registry.publisher", place, str(ready)],
        env=environment,
    )
    try:
        deadline = time.monotonic() + 60
        while not ready.exists():
            assert process.poll() is None, "the publisher ended by itself"
            assert time.monotonic() < deadline, "the publisher never got there"
            time.sleep(0.05)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("place", ["writing", "stored"])
def test_a_killed_publisher_leaves_the_old_version_active(place: str, stores: Path) -> None:
    artifact_publish(name="matrix", write=numbers_write(1))
    publisher_kill(place, stores)
    dead = ArtifactVersion.objects.get(number=2)
    active = active_version("matrix")
    assert active is not None
    assert (active.number, dead.state, dead.is_active) == (1, ArtifactState.BUILDING, False)
    assert artifact_publish(name="matrix", write=numbers_write(3)) == 3
    ArtifactVersion.objects.filter(number=2).update(created_at=timezone.now() - timedelta(hours=7))
    staging = stores / "store" / ".staging"
    left = list(staging.iterdir())
    # A staged folder is what a publisher leaves that is killed before it moved it into place.
    assert len(left) == (1 if place == "writing" else 0)
    long_ago = time.time() - 7 * 3600
    for path in [path for folder in left for path in (*folder.iterdir(), folder)]:
        os.utime(path, (long_ago, long_ago))
    artifact_publish(name="matrix", write=numbers_write(4))
    dead.refresh_from_db()
    assert dead.state == ArtifactState.ABANDONED
    assert not (stores / "store" / dead.location).exists()
    assert not list(staging.iterdir())
