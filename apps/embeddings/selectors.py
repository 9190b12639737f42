"""What a web process asks: a query's vector, its nearest products. Never imports torch."""

from dataclasses import dataclass

import numpy as np

from apps.embeddings.contracts import (
    BoolArray,
    FloatArray,
    IndexState,
    IndexUnavailable,
    IntArray,
    Neighbours,
    QueryEncoder,
    VectorIndex,
)
from apps.embeddings.domain.lru import BoundedCache
from apps.embeddings.domain.masks import rows_allowed, rows_by_pk, rows_of
from apps.embeddings.domain.texts import query_fold
from apps.model_registry.contracts import Artifact, ArtifactManifest
from apps.model_registry.services.holder import ArtifactHolder, Held

INDEX_ARTIFACT = "product_index"
ENCODER_ARTIFACT = "query_encoder"
INDEX_FILE = "vectors.faiss"
PKS_FILE = "pks.npy"
# 4,096 vectors of 384 float32 are 6 MiB a process.
_CACHED_QUERIES = 4096


@dataclass(frozen=True, slots=True, eq=False)
class LoadedIndex:
    """A product index as it is searched.

    Attributes:
        index: the vectors, by row.
        pks: int32[size], ascending: the product of each row.
        row_of_pk: int32[greatest pk + 1], -1 for products that it does not cover.
        manifest: of the artifact.
    """

    index: VectorIndex
    pks: IntArray
    row_of_pk: IntArray
    manifest: ArtifactManifest

    @property
    def model_name(self) -> str:
        return str(self.manifest.metadata["model"])


def _index_load(artifact: Artifact) -> LoadedIndex:
    # FAISS and ONNX Runtime are loaded where they are used: after the fork, never at start.
    from apps.embeddings.engines.faiss_index import FaissIndex

    kind = str(artifact.manifest.metadata["kind"])
    index = FaissIndex.load(artifact.folder / INDEX_FILE, kind)
    mapped = np.load(artifact.folder / PKS_FILE, mmap_mode="r", allow_pickle=False)
    # A plain view: numpy's memmap class costs time at every look-up. It keeps the map open.
    pks: IntArray = mapped.view(np.ndarray)
    if pks.dtype != np.int32 or pks.shape != (index.size,):
        raise ValueError("the index and its product keys do not belong together")
    return LoadedIndex(index, pks, rows_by_pk(pks), artifact.manifest)


def _encoder_load(artifact: Artifact) -> QueryEncoder:
    from apps.embeddings.engines.onnx_encoder import OnnxEncoder

    metadata = artifact.manifest.metadata
    return OnnxEncoder(artifact.folder, str(metadata["model"]), int(metadata["max_tokens"] or 0))


product_index: ArtifactHolder[LoadedIndex] = ArtifactHolder(INDEX_ARTIFACT, _index_load)
query_encoder: ArtifactHolder[QueryEncoder] = ArtifactHolder(ENCODER_ARTIFACT, _encoder_load)
_vectors: BoundedCache[tuple[str, str], FloatArray] = BoundedCache(_CACHED_QUERIES)


@dataclass(frozen=True, slots=True, eq=False)
class Engines:
    """Encoder and index as one moment has them: using these needs no database."""

    encoder: Held[QueryEncoder]
    index: Held[LoadedIndex]


def engines_now() -> Engines:
    """Both, loaded if they are not yet."""
    return Engines(query_encoder.state, product_index.state)


def query_vector(text: str, engines: Engines | None = None) -> FloatArray | None:
    """float32[dimension] of length 1, read-only; None when no encoder can be loaded."""
    held = query_encoder.state if engines is None else engines.encoder
    encoder = held.value
    if encoder is None:
        return None
    folded = query_fold(text)

    def make() -> FloatArray:
        vector = encoder.encode(folded)
        vector.setflags(write=False)
        return vector

    # The encoder's version is part of the key: another model has other vectors.
    return _vectors.get_or_make((held.location, folded), make)


def nearest(
    *,
    vector: FloatArray,
    k: int,
    floor: float,
    allowed: BoolArray | None = None,
    engines: Engines | None = None,
) -> Neighbours:
    """The `k` nearest products at a cosine of `floor` or more.

    Args:
        vector: float32[dimension], from `query_vector`.
        k: at most so many.
        floor: similarity under which a product is not an answer.
        allowed: bool by primary key, applied inside the scan; None allows all. Never edited
            afterwards.
        engines: which to use; None for the current ones.

    Raises:
        IndexUnavailable: no index can be loaded, or it does not fit the encoder.
    """
    loaded = _index_of(engines_now() if engines is None else engines)
    if len(vector) != loaded.index.dimension:
        raise IndexUnavailable("dimension")
    rows_mask = None if allowed is None else _masks.of(loaded.pks, allowed)
    rows, similarities = loaded.index.search(vector, k, rows_mask)
    near = similarities >= floor
    return Neighbours(np.asarray(loaded.pks[rows[near]], dtype=np.int32), similarities[near])


def vectors_of(
    pks: IntArray, engines: Engines | None = None
) -> tuple[FloatArray, BoolArray] | None:
    """The vectors of some products, of length 1, read in process; None: there is no index.

    Args:
        pks: int32[m], primary keys, in any order.
        engines: which to use; None for the current ones.

    Returns:
        float32[m, dimension], and bool[m]: whether the index covers the product; its vector is
        zero where not.
    """
    loaded = _loaded(engines)
    if loaded is None:
        return None
    rows = rows_of(loaded.row_of_pk, pks)
    covered = rows >= 0
    found = np.zeros((len(pks), loaded.index.dimension), dtype=np.float32)
    found[covered] = loaded.index.vectors(rows[covered])
    return found, covered


def cosines_of(
    vector: FloatArray, pks: IntArray, engines: Engines | None = None
) -> FloatArray | None:
    """float32[m]: the cosine of each product with float32[dimension] of length 1.

    0 for products that the index does not cover; None: there is no index, or it is of another
    dimension. Measured: 0.15 ms for 1,000 products of an 8-bit index.

    Args:
        vector: of length 1.
        pks: int32[m], primary keys, in any order.
        engines: which to use; None for the current ones.
    """
    loaded = _loaded(engines)
    if loaded is None or len(vector) != loaded.index.dimension:
        return None
    rows = rows_of(loaded.row_of_pk, pks)
    covered = rows >= 0
    if covered.all():
        return loaded.index.cosines(vector, rows)
    found = np.zeros(len(pks), dtype=np.float32)
    found[covered] = loaded.index.cosines(vector, rows[covered])
    return found


def _loaded(engines: Engines | None) -> LoadedIndex | None:
    return product_index.get() if engines is None else engines.index.value


class _Masks:
    """The last mask over an index's rows: callers keep `allowed` while products stay as active."""

    def __init__(self) -> None:
        self._last: tuple[IntArray, BoolArray, BoolArray] | None = None

    def of(self, pks: IntArray, allowed: BoolArray) -> BoolArray:
        """`rows_allowed`, computed once for the same two arrays (arrays are never edited)."""
        last = self._last
        if last is not None and last[0] is pks and last[1] is allowed:
            return last[2]
        mask = rows_allowed(pks, allowed)
        self._last = (pks, allowed, mask)
        return mask


_masks = _Masks()


def _index_of(engines: Engines) -> LoadedIndex:
    held = engines.index
    if held.value is None:
        raise IndexUnavailable(held.reason)
    encoder = engines.encoder.value
    if encoder is not None and encoder.model_name != held.value.model_name:
        raise IndexUnavailable("model_mismatch")
    return held.value


def indexed_pks() -> IntArray:
    """int32[n], ascending: the products that the served index covers; empty without one."""
    loaded = product_index.get()
    return np.empty(0, np.int32) if loaded is None else loaded.pks


def index_state() -> IndexState:
    """Which index is served, what it covers, and why it is not a newer one."""
    held = product_index.state
    if held.value is None:
        return IndexState(0, "", "", 0, 0, None, held.reason)
    loaded = held.value
    return IndexState(
        number=held.number,
        model_name=loaded.model_name,
        kind=loaded.index.kind,
        size=loaded.index.size,
        horizon=int(loaded.manifest.metadata["horizon"] or 0),
        built_at=loaded.manifest.created_at,
        reason=held.reason,
    )


def semantic_warm() -> bool:
    """Load index and encoder now instead of in the first request; whether both are there."""
    return query_vector("warm") is not None and product_index.get() is not None
