"""Whether search finds words by itself; else PostgreSQL's full text does it."""

from apps.common.contracts import HealthReport
from apps.search.models import LanguageRewrite
from apps.search.selectors.language import search_language
from apps.search.selectors.lexicon import lexicon, lexicon_condition


def lexicon_check() -> HealthReport:
    state = lexicon_condition()
    figures = {"version": float(state.number), "products": float(state.products)}
    return HealthReport(
        "lexicon", ok=not state.reason, required=False, detail=state.reason, figures=figures
    )


def language_check() -> HealthReport:
    """Whether everything that is searched is in the language that is set."""
    wanted, found, details = search_language(), lexicon(), []
    if found is not None and found.analysis.language != wanted:
        details.append(f"lexicon in {found.analysis.language}, set is {wanted}: build_lexicon")
    rewrite = LanguageRewrite.objects.filter(finished_at=None).first()
    if rewrite is not None:
        details.append(f"{rewrite}: search_language --set {rewrite.language} goes on")
    return HealthReport(
        "search_language", ok=not details, required=False, detail="; ".join(details)
    )
