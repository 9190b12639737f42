"""Whether search finds words by itself; else PostgreSQL's full text does it."""

from apps.common.contracts import HealthReport
from apps.search.selectors.lexicon import lexicon_condition


def lexicon_check() -> HealthReport:
    state = lexicon_condition()
    figures = {"version": float(state.number), "products": float(state.products)}
    return HealthReport(
        "lexicon", ok=not state.reason, required=False, detail=state.reason, figures=figures
    )
