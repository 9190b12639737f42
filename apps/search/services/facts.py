"""What is known of an answered request, whichever arm answered it: what exposures go by."""

from collections.abc import Container, Hashable, Mapping, Sequence

from apps.search.contracts import SearchRequest, Sort
from apps.search.domain.exposing import RequestFacts, Steering
from apps.search.domain.overrides import Knob, Reading
from apps.search.selectors.listing import Listing
from apps.search.selectors.personal import NO_SIGNALS, signals_of
from apps.search.selectors.retrieval import Lists, semantic_ready
from apps.search.services.core import understood


def facts_of(
    request: SearchRequest,
    lists: Lists,
    listing: Listing,
    steered: Container[Knob],
    readings: Mapping[Reading, Hashable],
) -> RequestFacts:
    """What is known of an answered request, as far as it matters to what is steered.

    Args:
        request: that was answered.
        lists: what was found.
        listing: what is shown of it.
        steered: what any experiment turns.
        readings: what the query comes to under each reading that variants ask for.
    """
    scored, understanding = listing.scored, lists.understanding
    follows = Knob.PERSONALISATION in steered
    signals = signals_of(request, lists.snapshot) if follows else NO_SIGNALS
    return RequestFacts(
        by_relevance=request.sort is Sort.RELEVANCE and not scored.retrieved.popular_in,
        has_words=bool(understanding.normalised),
        readings=readings,
        semantic_ready=(
            Knob.SEMANTIC in steered and lists.keyword is not None and semantic_ready()
        ),
        keyword_found=lists.keyword is not None and len(lists.keyword) > 0,
        semantic_found=lists.semantic is not None and len(lists.semantic) > 0,
        matches=listing.found,
        first=(request.page - 1) * request.per_page,
        filtered=scored.filtered,
        by_shopper=bool(request.filters.categories),
        detected=scored.category.path if scored.category else None,
        visited=signals.visited,
        known=signals.known,
    )


def readings_of(
    counted: Sequence[Steering], requests: Sequence[SearchRequest]
) -> dict[Reading, Hashable]:
    """The query read in each way that a variant asks for, over what is published.

    Over the published settings in every arm: what the shown one did is no fact to go by.

    Args:
        counted: experiments that act.
        requests: as read, in their order. Only arms that read the first one alike share the next.
    """
    asked = {reading: how for each in counted for reading, how in each.readings.items()}
    found: dict[Reading, Hashable] = {}
    for reading, how in asked.items():
        read = [understood(request, how) for request in requests]
        found[reading] = tuple([(each.searched, each.terms, each.extracted) for each in read])
    return found
