"""How few lines are shared out between queries, products, categories and brands."""

from collections.abc import Mapping, Sequence

from apps.search.domain.suggesting.items import MOST_PRODUCTS, Suggestion, SuggestionType

# One round of sharing out: who gets lines while there are any left.
_ROUND = (
    SuggestionType.QUERY,
    SuggestionType.PRODUCT,
    SuggestionType.CATEGORY,
    SuggestionType.QUERY,
    SuggestionType.PRODUCT,
    SuggestionType.BRAND,
)
MOST_OF = {
    SuggestionType.QUERY: 10,
    SuggestionType.CATEGORY: 3,
    SuggestionType.BRAND: 2,
    SuggestionType.PRODUCT: MOST_PRODUCTS,
}


def shares(available: Mapping[SuggestionType, int], limit: int) -> dict[SuggestionType, int]:
    """How many lines each type gets: in turns, none more than it has, `limit` in all.

    Args:
        available: how many there are of each.
        limit: of lines.
    """
    left = {kind: min(count, MOST_OF[kind]) for kind, count in available.items()}
    given = dict.fromkeys(left, 0)
    while limit and any(left.values()):
        for kind in _ROUND:
            if limit and left.get(kind):
                left[kind] -= 1
                given[kind] += 1
                limit -= 1
    return given


def mixed(
    found: Mapping[SuggestionType, Sequence[Suggestion]], limit: int
) -> tuple[Suggestion, ...]:
    """At most `limit` lines, by type; a text stands once in its type."""
    unique = {kind: _unique(items) for kind, items in found.items()}
    given = shares({kind: len(items) for kind, items in unique.items()}, limit)
    return tuple(
        item for kind in SuggestionType for item in unique.get(kind, ())[: given.get(kind, 0)]
    )


def _unique(items: Sequence[Suggestion]) -> list[Suggestion]:
    kept: dict[tuple[str, str], Suggestion] = {}
    for item in items:
        kept.setdefault((item.text.casefold(), item.category), item)
    return list(kept.values())
