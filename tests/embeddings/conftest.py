import csv
import shutil
from pathlib import Path

import pytest
from pytest_django import Settings

from apps.embeddings.engines import onnx_export
from apps.embeddings.engines import sentence_encoder as sentence_encoder_module
from apps.embeddings.engines.onnx_export import query_encoder_export
from apps.embeddings.engines.sentence_encoder import SentenceEncoder
from apps.embeddings.selectors import _vectors
from apps.embeddings.services.model import embedding_model, sentence_encoder
from tests.conftest import SHARED


@pytest.fixture(autouse=True)
def stores(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store and a cache of this test's own; one torch thread, for batches here are tiny."""
    monkeypatch.setattr(sentence_encoder_module, "_THREADS", 1)
    settings.ARTIFACT_STORE = str(tmp_path / "store")
    settings.ARTIFACT_CACHE = str(tmp_path / "cache")
    _vectors.clear()
    return tmp_path


@pytest.fixture(scope="session")
def transformer() -> SentenceEncoder:
    """The real model, loaded once."""
    return sentence_encoder(embedding_model())


@pytest.fixture(scope="session")
def export_folder(transformer: SentenceEncoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real int8 export, made once."""
    folder = tmp_path_factory.mktemp("int8")
    query_encoder_export(transformer, folder)
    return folder


@pytest.fixture
def exported_once(export_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exporting copies the real export of this session: same files, four seconds less."""

    def copy(encoder: SentenceEncoder, folder: Path, *, quantise: bool = True) -> None:
        if not quantise:  # products' encoder, made once a process anyway
            query_encoder_export(encoder, folder, quantise=False)
            return
        for path in export_folder.iterdir():
            shutil.copy(path, folder / path.name)

    monkeypatch.setattr(onnx_export, "query_encoder_export", copy)


def icecat_queries() -> list[str]:
    path = SHARED / "data" / "icecat" / "judgements.csv"
    if not path.exists():
        pytest.skip(f"the judged queries are not at {path}")
    with path.open(newline="") as stream:
        return sorted({row["query"] for row in csv.DictReader(stream)})
