"""The worker's model as the web's: exported to ONNX, quantised to int8 per channel.

Needs torch and onnx; runs only in the worker, when the model has changed.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from apps.embeddings.contracts import FloatArray
from apps.embeddings.engines.onnx_encoder import MODEL_FILE, TOKENIZER_FILE, OnnxEncoder
from apps.embeddings.engines.sentence_encoder import SentenceEncoder

MAX_QUERY_TOKENS = 128
_INPUTS = ["input_ids", "attention_mask", "token_type_ids"]


class _Pooled(torch.nn.Module):
    """Transformer, mean pooling and L2 norm in one graph."""

    def __init__(self, transformer: torch.nn.Module) -> None:
        super().__init__()
        self.transformer = transformer

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        token_type_ids: torch.Tensor,
    ) -> torch.Tensor:
        states = self.transformer(
            input_ids=input_ids,
            attention_mask=attention_mask,
            token_type_ids=token_type_ids,
        ).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(states.dtype)
        mean = (states * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1e-9)
        return torch.nn.functional.normalize(mean, p=2.0, dim=1)


def query_encoder_export(encoder: SentenceEncoder, folder: Path, *, quantise: bool = True) -> None:
    """Write model.onnx and tokenizer.json into `folder`.

    Raises:
        ValueError: the model pools otherwise than by the mean.
    """
    pooling = encoder.transformer[1]
    if getattr(pooling, "pooling_mode", "mean") != "mean":
        raise ValueError("only mean pooling is exported")
    tokenizer = encoder.transformer.tokenizer
    tokenizer.backend_tokenizer.save(str(folder / TOKENIZER_FILE))
    exported = folder / ("exported.onnx" if quantise else MODEL_FILE)
    _graph_write(encoder, exported)
    if quantise:
        with _root_logger_quiet():
            quantize_dynamic(
                exported, folder / MODEL_FILE, per_channel=True, weight_type=QuantType.QInt8
            )
        exported.unlink()


@contextmanager
def _root_logger_quiet() -> Iterator[None]:
    """The quantiser writes a line a tensor to the root logger itself; others pass."""
    root = logging.getLogger()

    def grave(record: logging.LogRecord) -> bool:
        return record.levelno >= logging.ERROR

    root.addFilter(grave)
    try:
        yield
    finally:
        root.removeFilter(grave)


def _graph_write(encoder: SentenceEncoder, path: Path) -> None:
    inner = encoder.transformer[0].auto_model
    if not isinstance(inner, torch.nn.Module):
        raise TypeError("the model's first module is no transformer")
    module = _Pooled(inner).eval()
    sample = encoder.transformer.tokenizer(
        ["a query of a few words"], return_tensors="pt", padding=False
    )
    axes = {name: {0: "batch", 1: "tokens"} for name in _INPUTS}
    with warnings.catch_warnings():
        # The tracing exporter is deprecated in favour of one that needs onnxscript.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            tuple(sample[name] for name in _INPUTS),
            str(path),
            input_names=_INPUTS,
            output_names=["vector"],
            dynamic_axes={**axes, "vector": {0: "batch"}},
            opset_version=17,
            dynamo=False,
        )


def agreement(exported: OnnxEncoder, original: SentenceEncoder, texts: list[str]) -> FloatArray:
    """float32[n]: cosine between both encoders' vectors of each text."""
    ours, theirs = exported.encode_many(texts), original.encode_many(texts)
    cosines: FloatArray = np.einsum("ij,ij->i", ours, theirs)
    return cosines
