import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from apps.embeddings.engines.sentence_encoder import SentenceEncoder
from apps.embeddings.selectors import _vectors
from apps.embeddings.services.model import embedding_model, sentence_encoder
from tests.conftest import SHARED


@pytest.fixture(autouse=True)
def stores(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    """A store and a cache of this test's own."""
    settings.ARTIFACT_STORE = str(tmp_path / "store")
    settings.ARTIFACT_CACHE = str(tmp_path / "cache")
    _vectors.clear()
    yield tmp_path


@pytest.fixture(scope="session")
def transformer() -> SentenceEncoder:
    """The real model, loaded once."""
    return sentence_encoder(embedding_model())


def icecat_queries() -> list[str]:
    path = SHARED / "data" / "icecat" / "judgements.csv"
    if not path.exists():
        pytest.skip(f"the judged queries are not at {path}")
    with path.open(newline="") as stream:
        return sorted({row["query"] for row in csv.DictReader(stream)})
