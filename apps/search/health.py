"""Whether the published lexicon is served; else search builds one, or asks PostgreSQL."""

from apps.common.contracts import HealthReport
from apps.search.selectors.lexicon import lexicon_state


def lexicon_check() -> HealthReport:
    held = lexicon_state()
    products = float(len(held.value.base.segment)) if held.value else 0.0
    figures = {"version": float(held.number), "products": products}
    return HealthReport(
        "lexicon", ok=not held.reason, required=False, detail=held.reason, figures=figures
    )
