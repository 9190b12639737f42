"""Sets that a new shop starts from. Source: CONVENTIONS, "Ranking"."""

from collections.abc import Mapping

from apps.features.contracts import CF_SCORE, FRESHNESS_SCORE, POPULARITY_SCORE, SEARCH_SCORE
from apps.ranking_weights.contracts import DEFAULT_WEIGHTS, GLOBAL_SUBJECT


def _starter(search: float, cf: float, popularity: float, freshness: float) -> dict[str, float]:
    return {
        SEARCH_SCORE: search,
        CF_SCORE: cf,
        POPULARITY_SCORE: popularity,
        FRESHNESS_SCORE: freshness,
    }


# Electronics lives by what is new, fashion by trends, books by readers of like taste.
STARTERS: Mapping[str, Mapping[str, float]] = {
    GLOBAL_SUBJECT: DEFAULT_WEIGHTS,
    "electronics": _starter(0.3, 0.3, 0.1, 0.3),
    "fashion": _starter(0.3, 0.2, 0.4, 0.1),
    "books": _starter(0.3, 0.5, 0.1, 0.1),
}
