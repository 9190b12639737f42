"""What became of one product inside one search: its rank, or what took it out."""

import numpy as np

from apps.catalog.contracts import UnknownFilter
from apps.catalog.domain.masks import filter_masks
from apps.explainability.contracts.explained import FilteredBy, HiddenBy
from apps.ranking.contracts import Ranking
from apps.ranking.domain.rule_effects import KEPT
from apps.ranking.domain.rule_targets import target_rows
from apps.search.contracts import SearchRequest
from apps.search.contracts_understanding import ExtractionUse
from apps.search.selectors.listing import Listing
from apps.search.selectors.scoring import Scored


def rank_in(listing: Listing, row: int) -> int | None:
    """The 1-based rank over all pages; None: it is not among the hits.

    A draft of two rankings ends with the asked page: behind it the control's rank is told.
    """
    places = np.flatnonzero(listing.order == row)
    if not len(places) and listing.draft is not None:
        places = np.flatnonzero(listing.scored.ranking.rows_ranked() == row)
    return int(places[0]) + 1 if len(places) else None


def hidden_in(ranking: Ranking, row: int) -> HiddenBy | None:
    """The rule that took it out."""
    if not len(ranking.hidden):
        return None
    found = next((one for one in ranking.hidden if one.row == row), None)
    return None if found is None else HiddenBy(found.rule, found.from_rank)


def filters_against(scored: Scored, request: SearchRequest, row: int) -> tuple[FilteredBy, ...]:
    """Every filter that leaves it out, whoever set it, found or not."""
    found = [
        FilteredBy(field, _values(scored, request, field), _set_by(request, field))
        for field in _fields_against(scored, request, row)
    ]
    return (*found, *_kept_out(scored, row))


def _fields_against(scored: Scored, request: SearchRequest, row: int) -> list[str]:
    places = np.flatnonzero(scored.matched.rows == row)
    if len(places):
        at = int(places[0])
        return [field for field, mask in scored.passes.items() if field != KEPT and not mask[at]]
    snapshot = scored.retrieved.snapshot
    try:
        masks = filter_masks(snapshot.columns, snapshot.tree, request.filters)
    except UnknownFilter:
        return []  # the search itself has refused it
    return [field for field, mask in masks.items() if not mask[row]]


def _set_by(request: SearchRequest, field: str) -> str:
    return "request" if field in request.filters_asked else "query"


def _values(scored: Scored, request: SearchRequest, field: str) -> tuple[str, ...]:
    if field in request.filters_asked:
        return request.filters_asked[field]
    return tuple(
        each.value
        for each in scored.extracted
        if each.field == field and each.use is ExtractionUse.FILTER
    )


def _kept_out(scored: Scored, row: int) -> list[FilteredBy]:
    """Rules that keep something, and not this product."""
    if scored.effect is None:
        return []
    snapshot, found = scored.retrieved.snapshot, []
    for key, keep in scored.effect.acting.keeps:
        if row not in target_rows(keep.target, snapshot):
            filters = (f"{name}={value}" for name, values in keep.target.filters.items()
                       for value in values)  # fmt: skip
            found.append(FilteredBy(KEPT, (*keep.target.products, *filters), key))
    return found
