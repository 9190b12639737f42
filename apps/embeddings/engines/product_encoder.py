"""Products, encoded with ONNX Runtime at full precision: in small batches, on several threads.

The graph is float32, so a batch-mate changes a vector by rounding alone, unlike int8. Its
products of matrices take two thirds of torch's processor time, and a thread encodes a batch by
itself: nobody waits at the end of every layer for a thread that the machine has put aside.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from apps.embeddings.contracts import FloatArray
from apps.embeddings.domain.texts import token_batches
from apps.embeddings.engines.onnx_encoder import OnnxEncoder

# What a batch computes stays in a core's own cache: 3,200 take a third longer.
_BATCH_TOKENS = 400
_THREADS = min(4, os.cpu_count() or 1)


class ProductEncoder(OnnxEncoder):
    """An export that was not quantised (see `onnx_export`), for many texts at once."""

    def encode_many(self, texts: list[str]) -> FloatArray:
        """float32[n, dimension]: batched by length inside, and answered in order."""
        tokens = self._tokenizer.encode_batch(texts)
        batches = token_batches([len(each) for each in tokens], _BATCH_TOKENS)
        vectors = np.empty((len(texts), self.dimension), np.float32)
        with ThreadPoolExecutor(_THREADS) as pool:
            encoded = pool.map(lambda rows: self._run([tokens[row] for row in rows]), batches)
            for rows, part in zip(batches, encoded, strict=True):
                vectors[rows] = part
        return vectors
