"""FAISS behind VectorIndex: exact vectors while they are few, then 8-bit ones, then cells.

Measured at 43,000 x 384 on one thread: flat 2.2 ms a query, SQ8 0.73 ms at recall@100 0.997
and a quarter of the memory. From 100,000 vectors on a scan of all costs more than the rest of a
search: only the nearest cells are scanned (see `faiss_cells`). `IO_FLAG_MMAP_IFC` shares the
file's pages between workers.
"""

from functools import cached_property
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from apps.embeddings.contracts import BoolArray, FloatArray, IntArray
from apps.embeddings.engines.faiss_cells import cells_build

FLAT_UP_TO = 10_000
SQ8_UP_TO = 100_000
FLAT = "flat"
SQ8 = "sq8"
CELLS = "ivf_sq8"
# Rows whose unpacked numbers stay in the processor's cache: a quarter of the time of all at once.
_AT_ONCE = 1_000


class FaissIndex:
    """A FAISS index over rows 0 … size - 1; inner product of unit vectors is the cosine."""

    def __init__(self, index: faiss.Index, kind: str, recall: float = 1.0) -> None:
        """Wrap a built or loaded index; `recall` is its recall@100 where it was measured."""
        self._index = index
        self.kind = kind
        self.recall = recall
        self.size = int(index.ntotal)
        self.dimension = int(index.d)
        if kind == CELLS:
            # Where each row stands among the cells: 8 bytes a vector, a millisecond for 43,000.
            faiss.extract_index_ivf(index).make_direct_map()

    @classmethod
    def build(cls, vectors: FloatArray, kind: str | None = None) -> "FaissIndex":
        """An index of float32[n, d] unit vectors; `kind` by size when None."""
        count, dimension = vectors.shape
        chosen = kind or kind_for(count)
        index: faiss.Index
        if chosen == CELLS:
            return cls(*_cells(vectors))
        if chosen == FLAT:
            index = faiss.IndexFlatIP(dimension)
        else:
            index = faiss.IndexScalarQuantizer(
                dimension, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
            )
            index.train(np.ascontiguousarray(vectors))
        index.add(np.ascontiguousarray(vectors))
        return cls(index, chosen)

    @classmethod
    def load(cls, path: Path, kind: str) -> "FaissIndex":
        """Map a written index.

        Raises:
            RuntimeError: FAISS cannot read the file.
        """
        return cls(faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC), kind)

    def write(self, path: Path) -> None:
        """Write the file that `load` maps."""
        faiss.write_index(self._index, str(path))

    def search(
        self, vector: FloatArray, k: int, allowed: BoolArray | None
    ) -> tuple[IntArray, FloatArray]:
        """Rows and cosines of the `k` nearest allowed, descending."""
        # OpenMP's setting belongs to the calling thread: a new web thread has the default.
        faiss.omp_set_num_threads(1)
        k = min(k, self.size)
        if k <= 0:
            return np.empty(0, np.int32), np.empty(0, np.float32)
        query = np.ascontiguousarray(vector, dtype=np.float32).reshape(1, -1)
        if allowed is None:
            scores, rows = self._index.search(query, k)
        else:
            # The selector keeps a bare pointer: `bits` must live until the search is done.
            bits = np.packbits(allowed, bitorder="little")
            selector = faiss.IDSelectorBitmap(self.size, faiss.swig_ptr(bits))
            parameters = self._parameters()
            parameters.sel = selector
            scores, rows = self._index.search(query, k, params=parameters)
        found = rows[0] >= 0
        return rows[0][found].astype(np.int32), scores[0][found]

    def vectors(self, rows: IntArray) -> FloatArray:
        """The vectors of some rows: exact in a flat index, of 8 bits a number in the others."""
        faiss.omp_set_num_threads(1)
        found: FloatArray = self._index.reconstruct_batch(rows.astype(np.int64))
        return found

    def cosines(self, vector: FloatArray, rows: IntArray) -> FloatArray:
        """Each row's inner product: 0.1 ms for 1,000 rows of 384; in cells 0.8 ms.

        Of an 8-bit index the numbers are multiplied as they are kept, which is an eighth of
        unpacking them first: a kept c means `low + (c + 0.5) / 255 * width`, and low and width
        are the same for all rows.
        """
        found: FloatArray
        if self._kept is None:
            found = self.vectors(rows) @ vector
            return found
        codes, low, width = self._kept
        scaled = vector * width / np.float32(255.0)
        found = np.empty(len(rows), dtype=np.float32)
        for start in range(0, len(rows), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            found[some] = codes.take(rows[some], axis=0).astype(np.float32) @ scaled
        return found + np.float32(vector @ low + 0.5 * scaled.sum())

    @cached_property
    def _kept(self) -> tuple[NDArray[np.uint8], FloatArray, FloatArray] | None:
        """Views of an 8-bit index: uint8[size, d], and float32[d] each, lows and widths."""
        index = self._index
        if not isinstance(index, faiss.IndexScalarQuantizer):
            return None
        codes = faiss.rev_swig_ptr(index.codes.data(), self.size * self.dimension)
        low, width = np.split(faiss.vector_to_array(index.sq.trained), 2)
        return codes.reshape(self.size, self.dimension), low, width

    def _parameters(self) -> faiss.SearchParameters:
        if self.kind != CELLS:
            return faiss.SearchParameters()
        # Parameters replace all of an index's own: also how many cells it scans.
        parameters = faiss.SearchParametersIVF()
        parameters.nprobe = faiss.extract_index_ivf(self._index).nprobe
        return parameters


def kind_for(count: int) -> str:
    """How an index of so many vectors keeps them."""
    if count <= FLAT_UP_TO:
        return FLAT
    return SQ8 if count <= SQ8_UP_TO else CELLS


def _cells(vectors: FloatArray) -> tuple[faiss.Index, str, float]:
    index, recall = cells_build(vectors)
    return index, CELLS, recall
