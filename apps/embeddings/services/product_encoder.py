"""The model as what products are encoded with: a float32 graph, checked against the model."""

from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from apps.common.errors import Conflict
from apps.embeddings.services.model import EmbeddingModel, sentence_encoder

if TYPE_CHECKING:
    from apps.embeddings.engines.product_encoder import ProductEncoder

# Under this cosine vectors would not be the model's own, and old ones would have to go.
AGREEMENT_AT_LEAST = 0.9999
_SENTENCE = (
    "Soft cushions sit lightly even with glasses, and a case of grey felt (20 cm) is there. "
)
SAMPLE_TEXTS = ("", "usb", "Wireless mouse, black", *(_SENTENCE * times for times in (1, 3, 40)))


@lru_cache(maxsize=1)
def product_encoder(model: EmbeddingModel) -> "ProductEncoder":
    """The model's graph, exported once a worker process (3 s of processor time, 190 MiB).

    It is the same model: vectors keep its name, and stay good whichever of the two made them.

    Raises:
        Conflict: the graph's vectors are not the model's.
        ValueError: the model pools otherwise than by the mean.
    """
    from apps.embeddings.engines.onnx_export import agreement, query_encoder_export
    from apps.embeddings.engines.product_encoder import ProductEncoder

    original = sentence_encoder(model)
    with TemporaryDirectory() as folder:
        query_encoder_export(original, Path(folder), quantise=False)
        encoder = ProductEncoder(Path(folder), model.name, original.max_tokens)
    least = float(agreement(encoder, original, list(SAMPLE_TEXTS)).min())
    if least < AGREEMENT_AT_LEAST:
        raise Conflict(
            f"The exported encoder agrees with its model only to a cosine of {least:.5f}.",
            code="encoder_disagrees",
        )
    return encoder
