"""Publishing the query encoder: the worker's model as the web's, checked against it."""

from collections.abc import Mapping
from pathlib import Path

import structlog

from apps.access.services import Actor
from apps.common.errors import Conflict
from apps.embeddings.selectors import ENCODER_ARTIFACT
from apps.embeddings.services.model import embedding_model, sentence_encoder
from apps.model_registry.contracts import Scalar
from apps.model_registry.selectors import active_version
from apps.model_registry.services.publish import artifact_publish

logger = structlog.get_logger(__name__)
# Raised when the export itself changes: an encoder of an older one is exported again.
EXPORT_REVISION = 1
# Under this mean cosine the int8 encoder no longer stands for the model.
AGREEMENT_AT_LEAST = 0.98
SAMPLE_QUERIES = (
    "wireless mouse", "red summer dress", "usb-c charger 65w", "laptop 15 inch 16 gb ram",
    "noise cancelling headphones", "coffee machine with grinder", "running shoes size 42",
    "science fiction paperback", "toner cartridge black", "garden chair", "4k monitor",
    "waterproof jacket for kids", "yoga mat", "dv7-1211ea", "hdmi cable 2 m", "office desk white",
    "history of rome", "gift for a cook", "mountain bike helmet", "led bulb e27 warm white",
)  # fmt: skip


def query_encoder_publish(*, force: bool = False, actor: Actor = None) -> int:
    """Export the configured model when the published encoder is not of it.

    Returns:
        The version published, 0 when the present one stands.

    Raises:
        Conflict: the export's vectors differ too much from the model's.
        Unavailable: the model is not there.
    """
    model = embedding_model()
    active = active_version(ENCODER_ARTIFACT)
    current = (active.metadata.get("model"), active.metadata.get("revision")) if active else None
    if current == (model.name, EXPORT_REVISION) and not force:
        return 0
    encoder = sentence_encoder(model)

    def write(folder: Path) -> Mapping[str, Scalar]:
        from apps.embeddings.engines.onnx_encoder import OnnxEncoder
        from apps.embeddings.engines.onnx_export import (
            MAX_QUERY_TOKENS,
            agreement,
            query_encoder_export,
        )

        query_encoder_export(encoder, folder)
        exported = OnnxEncoder(folder, model.name, MAX_QUERY_TOKENS)
        mean = float(agreement(exported, encoder, list(SAMPLE_QUERIES)).mean())
        if mean < AGREEMENT_AT_LEAST:
            raise Conflict(
                f"The int8 encoder agrees with its model only to a cosine of {mean:.3f}.",
                code="encoder_disagrees",
            )
        return {
            "model": model.name,
            "revision": EXPORT_REVISION,
            "dimension": exported.dimension,
            "max_tokens": MAX_QUERY_TOKENS,
            "quantisation": "int8 per channel",
            "mean_cosine": round(mean, 5),
        }

    number = artifact_publish(name=ENCODER_ARTIFACT, write=write, actor=actor)
    logger.info("query_encoder_published", number=number, model=model.name)
    return number
