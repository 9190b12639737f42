"""Jobs of embeddings, as apps.jobs runs them."""

from dataclasses import asdict

from apps.embeddings.services.embed import products_embed
from apps.embeddings.services.export_encoder import query_encoder_publish
from apps.jobs.contracts import JobContext, JobOutcome, JobSpec


def embed_products_run(context: JobContext) -> JobOutcome:
    report = products_embed(
        progress=context.progress,
        cancelled=context.cancelled,
        everything=bool(context.params.get("all")),
    )
    return asdict(report)


def export_query_encoder_run(context: JobContext) -> JobOutcome:
    return {"number": query_encoder_publish(force=bool(context.params.get("force")))}


EMBED_PRODUCTS = JobSpec(
    name="embed_products",
    title="Embed changed products",
    run=embed_products_run,
    every_s=20,
    soft_time_limit_s=3000,
    description=(
        "Encodes products whose text changed and publishes a new index when any did. "
        "Parameter all: encode every product again."
    ),
    quiet=True,
)
EXPORT_QUERY_ENCODER = JobSpec(
    name="export_query_encoder",
    title="Export the query encoder",
    run=export_query_encoder_run,
    description=(
        "Exports the embedding model for web processes (ONNX, int8 per channel) when it "
        "changed. Parameter force: export it even when it did not."
    ),
)
