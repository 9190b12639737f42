from apps.merchandising.selectors import synonyms
from apps.search.contracts_understanding import (
    Alternative,
    AlternativeKind,
    QueryTerm,
    Understanding,
)
from apps.search.domain.normalise import normalise, part_number_windows, words


def query_understanding(query: str, *, synonymous: bool = True) -> Understanding:
    """The query as it is searched for: normal form, terms with synonyms, part numbers.

    Args:
        query: as typed.
        synonymous: whether synonyms widen it; without them each word stands for itself.
    """
    normalised = normalise(query)
    found = words(normalised)
    if synonymous:
        terms = tuple(
            QueryTerm(
                " ".join(found[group.start : group.end]),
                tuple(Alternative.of(one, AlternativeKind.SYNONYM) for one in group.alternatives),
            )
            for group in synonyms().expand(found)
        )
    else:
        terms = tuple(QueryTerm(word) for word in found)
    return Understanding(normalised, normalised, found, terms, part_number_windows(found))


def query_expands(query_words: tuple[str, ...]) -> bool:
    """Whether a published synonym stands for any of the words."""
    return any(group.alternatives for group in synonyms().expand(query_words))
