"""Whether semantic search can answer; without it search degrades to keywords."""

from apps.common.contracts import HealthReport
from apps.embeddings.selectors import product_index, query_encoder


def product_index_check() -> HealthReport:
    held = product_index.state
    size = float(held.value.index.size) if held.value else 0.0
    figures = {"version": float(held.number), "products": size}
    return HealthReport(
        "product_index", ok=not held.reason, required=False, detail=held.reason, figures=figures
    )


def query_encoder_check() -> HealthReport:
    held = query_encoder.state
    return HealthReport(
        "query_encoder",
        ok=not held.reason,
        required=False,
        detail=held.reason,
        figures={"version": float(held.number)},
    )
