"""The model that settings.EMBEDDING_MODEL names, as a folder and a name with its digest."""

import hashlib
import importlib.util
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from apps.common.errors import Unavailable

if TYPE_CHECKING:
    from apps.embeddings.engines.sentence_encoder import SentenceEncoder

_PACKAGE = "package:"


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """Where the model lies, and what its vectors are called."""

    folder: Path
    name: str


def embedding_model() -> EmbeddingModel:
    """The configured model.

    Raises:
        Unavailable: its folder, package or download is not there.
    """
    folder = _folder(settings.EMBEDDING_MODEL)
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        raise Unavailable(
            f"EMBEDDING_MODEL={settings.EMBEDDING_MODEL} has no safetensors weights in {folder}.",
            code="embedding_model_missing",
        )
    stamps = tuple((path, path.stat().st_mtime_ns) for path in weights)
    return EmbeddingModel(folder, f"{settings.EMBEDDING_MODEL}@{_digest(stamps)}")


@lru_cache(maxsize=4)
def _digest(stamps: tuple[tuple[Path, int], ...]) -> str:
    digest = hashlib.sha256()
    for path, _ in stamps:
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:12]


def _folder(address: str) -> Path:
    if address.startswith(_PACKAGE):
        package, _, inner = address.removeprefix(_PACKAGE).partition("/")
        found = importlib.util.find_spec(package)
        places = (found.submodule_search_locations if found else None) or []
        if not places:
            raise Unavailable(
                f"EMBEDDING_MODEL names the package {package}, which is not installed here.",
                code="embedding_model_missing",
            )
        return Path(places[0]) / inner
    if Path(address).is_dir():
        return Path(address)
    return _downloaded(address)


def _downloaded(address: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(address))
    except Exception as error:  # offline, unknown, gated: each raises a class of its own
        raise Unavailable(
            f"EMBEDDING_MODEL={address} is no folder and cannot be downloaded: {error}",
            code="embedding_model_missing",
        ) from error


@lru_cache(maxsize=1)
def sentence_encoder(model: EmbeddingModel) -> "SentenceEncoder":
    """The model, loaded once a worker process (5 s and 400 MiB: torch)."""
    from apps.embeddings.engines.sentence_encoder import SentenceEncoder

    return SentenceEncoder(model.folder, model.name)
