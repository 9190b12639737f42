"""Queries under what is published and under a draft: weights side by side, settings in words."""

from dataclasses import dataclass, replace

from apps.catalog.contracts import FilterSet
from apps.events.selectors import query_log_recent
from apps.ranking_weights.contracts import GLOBAL_SUBJECT, ResolvedWeights, WeightSet
from apps.search.contracts import Hit, SearchRequest
from apps.search.domain.comparison import Comparison, MovedHit, list_change_words
from apps.search.domain.contending import Arm, SearchPlan
from apps.search.domain.overrides import SearchSettings
from apps.search.selectors.configuration import search_settings
from apps.search.services.core import core_hits, search_core

SHOWN = 10
# How deep the other side is looked through for where a hit came from.
DEPTH = 100
_RECENT, _QUERIES = 200, 5


@dataclass(frozen=True, slots=True)
class _Side:
    hits: tuple[Hit, ...]
    weights: ResolvedWeights
    places: dict[str, int]


def weights_compare(*, query: str, weights: WeightSet) -> Comparison:
    """Run the search twice; nothing is logged.

    A category's set is compared inside its category, where alone it can act. A global set
    does not act on a query that a category's own set answers: then both sides are the same,
    and the comparison says so.
    """
    request = _request(query, weights.subject)
    current = _side(request)
    used = current.weights
    applies = weights.subject != GLOBAL_SUBJECT or used.source in {"global", "default", "none"}
    draft = _side(replace(request, weights_override=weights.weights)) if applies else current
    return Comparison(
        query=query,
        category="" if weights.subject == GLOBAL_SUBJECT else weights.subject,
        applies=applies,
        current=current.hits[:SHOWN],
        draft=tuple(_moved(hit, current.places) for hit in draft.hits[:SHOWN]),
        current_weights=used,
        draft_weights=draft.weights,
    )


def _request(query: str, subject: str) -> SearchRequest:
    request = SearchRequest(query=query, per_page=DEPTH, logged=False)
    if subject == GLOBAL_SUBJECT:
        return request
    return replace(
        request,
        filters=FilterSet(categories=(subject,)),
        filters_asked={"category": (subject,)},
    )


def _side(request: SearchRequest) -> _Side:
    core = search_core(request)
    hits = core_hits(core, request)
    places = {hit.document.product_id: hit.position for hit in hits}
    return _Side(hits, core.scored.ranking.weights, places)


def _moved(hit: Hit, before: dict[str, int]) -> MovedHit:
    place = before.get(hit.document.product_id)
    return MovedHit(hit, place, None if place is None else place - hit.position)


def settings_preview(draft: SearchSettings) -> tuple[tuple[str, str], ...]:
    """(query, what would change) of the latest different queries under other settings."""
    recent = (entry.normalised for entry in query_log_recent(limit=_RECENT))
    queries = list(dict.fromkeys(query for query in recent if query))[:_QUERIES]
    return tuple((query, _change(query, draft)) for query in queries)


def _change(query: str, draft: SearchSettings) -> str:
    before, after = (_ids(query, settings) for settings in (search_settings(), draft))
    return list_change_words(before, after)


def _ids(query: str, settings: SearchSettings) -> tuple[str, ...]:
    request = SearchRequest(query=query, per_page=SHOWN, logged=False)
    hits = core_hits(search_core(request, SearchPlan(Arm(settings))), request)
    return tuple(hit.document.product_id for hit in hits)
