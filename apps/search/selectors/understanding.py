from apps.merchandising.selectors import synonyms
from apps.search.contracts import QueryTerm, Understanding
from apps.search.domain.normalise import normalise, part_number_windows, words


def query_understanding(query: str) -> Understanding:
    """The query as it is searched for: normal form, terms with synonyms, part numbers."""
    normalised = normalise(query)
    found = words(normalised)
    terms = tuple(
        QueryTerm(" ".join(found[group.start : group.end]), group.alternatives)
        for group in synonyms().expand(found)
    )
    return Understanding(normalised, found, terms, part_number_windows(found))
