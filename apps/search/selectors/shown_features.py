"""The features of a page's hits, as the query log keeps them."""

import numpy as np

from apps.features.contracts import SEARCH_SCORE
from apps.features.domain.examined.packed import PACKED_ORDER, features_pack
from apps.search.contracts import SearchRequest, Sort
from apps.search.selectors.listing import Listing


def features_shown(listing: Listing, request: SearchRequest, swap: int | None) -> bytes | None:
    """Packed, in the order in which the hits are shown.

    None where the order says nothing about weights: sorted otherwise, drafted from two
    rankings, or nothing was found.

    Args:
        listing: what is shown.
        request: which page of it.
        swap: position of the upper one of two that were exchanged.
    """
    if listing.draft is not None or request.sort is not Sort.RELEVANCE:
        return None
    ranking, first = listing.scored.ranking, (request.page - 1) * request.per_page
    shown = ranking.order[first : first + request.per_page]
    if not len(shown):
        return None
    if swap is not None:
        place = swap - 1 - first
        shown = shown.copy()
        shown[[place, place + 1]] = shown[[place + 1, place]]
    columns = {SEARCH_SCORE: ranking.candidates.search_score, **ranking.features}
    names = [name for name in PACKED_ORDER if name in columns]
    table = np.empty((len(shown), len(names)), dtype=np.float32)
    for place, name in enumerate(names):
        table[:, place] = columns[name][shown]
    return features_pack(names, table)
