"""Publishing the product index: every stored vector of the model, in one FAISS file."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from apps.access.services import Actor
from apps.embeddings.contracts import FloatArray, IntArray
from apps.embeddings.domain.vectors import vectors_unpack
from apps.embeddings.models import ProductVector
from apps.embeddings.selectors import INDEX_ARTIFACT, INDEX_FILE, PKS_FILE
from apps.model_registry.contracts import Scalar
from apps.model_registry.services.publish import artifact_publish

_READ = 2000


def product_index_publish(
    *, model_name: str, dimension: int, horizon: int, actor: Actor = None
) -> int:
    """Build the index of all vectors of `model_name`, and serve it.

    Returns:
        The version's number.
    """
    from apps.embeddings.engines.faiss_index import FaissIndex

    def write(folder: Path) -> Mapping[str, Scalar]:
        pks, vectors = vectors_load(model_name, dimension)
        index = FaissIndex.build(vectors)
        index.write(folder / INDEX_FILE)
        np.save(folder / PKS_FILE, pks)
        return {
            "model": model_name,
            "kind": index.kind,
            "recall_at_100": round(index.recall, 4),
            "size": index.size,
            "dimension": dimension,
            "horizon": horizon,
        }

    return artifact_publish(name=INDEX_ARTIFACT, write=write, actor=actor)


def vectors_load(model_name: str, dimension: int) -> tuple[IntArray, FloatArray]:
    """(int32[n] ascending, float32[n, dimension]) of every product; read in chunks."""
    rows = ProductVector.objects.filter(model_name=model_name).order_by("product_pk")
    pks: list[int] = []
    parts: list[FloatArray] = [np.empty((0, dimension), np.float32)]
    waiting: list[bytes] = []
    for pk, vector in rows.values_list("product_pk", "vector").iterator(chunk_size=_READ):
        pks.append(pk)
        waiting.append(bytes(vector))
        if len(waiting) == _READ:
            parts.append(vectors_unpack(waiting, dimension))
            waiting = []
    parts.append(vectors_unpack(waiting, dimension))
    return np.array(pks, dtype=np.int32), np.concatenate(parts)
