"""Queries, encoded with ONNX Runtime: no torch, one thread, one query at a time.

The graph pools and normalises; its int8 results depend on batch-mates, so there are none.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from apps.embeddings.contracts import FloatArray

MODEL_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"


class OnnxEncoder:
    """An exported query encoder (see `onnx_export`).

    Args:
        folder: holds model.onnx and tokenizer.json.
        model_name: what it was exported from.
        max_tokens: longer texts are cut.
    """

    def __init__(self, folder: Path, model_name: str, max_tokens: int) -> None:
        """Load the graph and the tokenizer.

        Raises:
            ValueError: the files are not what an export writes.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        try:
            self._session = onnxruntime.InferenceSession(
                str(folder / MODEL_FILE), options, providers=["CPUExecutionProvider"]
            )
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        except Exception as error:  # both raise classes of their own making
            raise ValueError(f"the query encoder cannot be loaded: {error}") from error
        # tokenizer.json pads to 128, which would cost ten times the work.
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)
        self._inputs = tuple(node.name for node in self._session.get_inputs())
        self.model_name = model_name
        self.dimension = int(self._session.get_outputs()[0].shape[1])

    def encode(self, text: str) -> FloatArray:
        """float32[dimension], of length 1."""
        vector: FloatArray = self._run([self._tokenizer.encode(text)])[0]
        return vector

    def encode_many(self, texts: list[str]) -> FloatArray:
        """float32[n, dimension]: one after the other, on purpose."""
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        return np.stack([self.encode(text) for text in texts])

    def _run(self, batch: Sequence[Encoding]) -> FloatArray:
        """float32[len(batch), dimension]: one run of the graph, padded to its longest text."""
        feed = {
            "input_ids": _padded([tokens.ids for tokens in batch]),
            "attention_mask": _padded([tokens.attention_mask for tokens in batch]),
            "token_type_ids": _padded([tokens.type_ids for tokens in batch]),
        }
        answer = self._session.run(None, {name: feed[name] for name in self._inputs})
        vectors: FloatArray = answer[0]
        return vectors


def _padded(rows: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    filled = np.zeros((len(rows), max(map(len, rows))), dtype=np.int64)
    for line, row in zip(filled, rows, strict=True):
        line[: len(row)] = row
    return filled
