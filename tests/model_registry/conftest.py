from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from pytest_django import Settings

from apps.model_registry.contracts import Scalar

Writer = Callable[[Path], Mapping[str, Scalar]]


@pytest.fixture(autouse=True)
def stores(settings: Settings, tmp_path: Path) -> Path:
    """A store and a cache of this test's own."""
    settings.ARTIFACT_STORE = str(tmp_path / "store")
    settings.ARTIFACT_CACHE = str(tmp_path / "cache")
    return tmp_path


def numbers_write(*numbers: float) -> Writer:
    """A writer of one small array."""

    def write(folder: Path) -> Mapping[str, Scalar]:
        np.save(folder / "numbers.npy", np.array(numbers, dtype=np.float32))
        return {"count": len(numbers)}

    return write
