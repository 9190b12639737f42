"""The model itself, by sentence-transformers: what both exports are made of and held against.

Imports torch: only ever in the worker.
"""

import os
from pathlib import Path

import numpy as np

# Nothing is fetched while encoding: models are folders by the time they come here.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch
from sentence_transformers import SentenceTransformer

from apps.embeddings.contracts import FloatArray

_BATCH = 64
# Of a model that does not say how long a text may be.
_MAX_TOKENS = 512
# The worker starts with one OpenMP thread a process; encoding is where more of them pay.
_THREADS = min(4, os.cpu_count() or 1)


class SentenceEncoder:
    """A sentence-transformers model from a folder.

    Args:
        folder: the model.
        model_name: its name with its weights' digest.
    """

    def __init__(self, folder: Path, model_name: str) -> None:
        """Load it on the CPU."""
        self.transformer = SentenceTransformer(str(folder), device="cpu")
        self.model_name = model_name
        self.dimension = int(self.transformer.get_embedding_dimension() or 0)
        self.max_tokens = self.transformer.max_seq_length or _MAX_TOKENS

    def encode(self, text: str) -> FloatArray:
        """float32[dimension], of length 1."""
        vector: FloatArray = self.encode_many([text])[0]
        return vector

    def encode_many(self, texts: list[str]) -> FloatArray:
        """float32[n, dimension]; texts are batched by length inside, and answered in order."""
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        torch.set_num_threads(_THREADS)
        with torch.inference_mode():
            vectors = self.transformer.encode(
                texts, batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
            )
        return np.asarray(vectors, dtype=np.float32)
