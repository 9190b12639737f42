"""A process that publishes one version of `matrix` and waits where it is told to be killed.

python -m tests.model_registry.publisher <writing|stored> <ready file>
"""

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import django
import numpy as np

from apps.model_registry.contracts import Scalar


def main(place: str, ready: Path) -> None:
    django.setup()
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = os.environ["CRASH_DATABASE"]
    settings.ARTIFACT_STORE = os.environ["CRASH_STORE"]
    from apps.model_registry.services import publish

    def wait() -> None:
        ready.touch()
        time.sleep(60)

    def write(folder: Path) -> Mapping[str, Scalar]:
        np.save(folder / "numbers.npy", np.zeros(3, np.float32))
        if place == "writing":
            wait()
        return {}

    def activate(_version: object) -> None:
        wait()

    if place == "stored":
        publish._version_activate = activate  # type: ignore[assignment]
    publish.artifact_publish(name="matrix", write=write)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
