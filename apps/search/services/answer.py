"""One search, from a checked request to its answer, its log entry and its figures."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from apps.embeddings.selectors import engines_now
from apps.search.contracts import (
    DEEPEST_HIT,
    FacetLine,
    Hit,
    SearchAnswer,
    SearchRequest,
)
from apps.search.metrics import step_timed
from apps.search.selectors.acted import rules_acted
from apps.search.selectors.facets import facets_counted
from apps.search.selectors.fallbacks import matching_of
from apps.search.selectors.lexicon import lexicon_state
from apps.search.services.begun import Begun, search_begin
from apps.search.services.core import Core, core_hits, search_core
from apps.search.services.following import begun_again, followed_asks, followed_read
from apps.search.services.kept_answers import kept_found_beside
from apps.search.services.page_packing import PAGES
from apps.search.services.records import hits_acted
from apps.search.services.serving import Made, search_serve
from apps.search.services.swaps import hits_exchanged
from apps.search.services.trials import Trial


def search_answer(*, request: SearchRequest, as_of: datetime) -> SearchAnswer:
    """Answer one search for a page, and log it.

    Args:
        request: parsed and checked.
        as_of: aware; dates the answer and its id.

    Raises:
        InvalidInput: a filter or facet on an attribute that no product has.
    """
    begun = search_begin(request=request, as_of=as_of, kind=PAGES.kind)
    told, answers = kept_found_beside(begun.key, followed_asks(request))
    asked = followed_read(request, answers, as_of)
    if asked is not request:
        begun, told = begun_again(begun, asked, told, PAGES.kind)
    served = search_serve(begun=begun, packing=PAGES, told=told, make=answer_make)
    return served.answer or PAGES.unpack(served.body, served.frame)


def answer_make(begun: Begun) -> Made:
    """Compute the answer; nothing is logged.

    Raises:
        InvalidInput: a filter or facet on an attribute that no product has.
    """
    request, trial = begun.request, begun.trial
    core = search_core(request, trial.plan, begun.ruling)
    with step_timed("facets"):
        facets = facets_counted(core.listing.sides, request)
    hits, swap = core_hits(core, request), None
    if begun.swaps:
        hits, swap = hits_exchanged(hits, core, begun.query_id)
    if request.explain:
        hits = hits_acted(hits, trial)
    answer = _answer(
        request=request, core=core, hits=hits, facets=facets, trial=trial, query_id=begun.query_id
    )
    return Made(replace(answer, swap=swap), core)


def _answer(
    *,
    request: SearchRequest,
    core: Core,
    hits: tuple[Hit, ...],
    facets: Mapping[str, tuple[FacetLine, ...]],
    trial: Trial,
    query_id: UUID,
) -> SearchAnswer:
    scored, found = core.scored, core.listing.found
    rules = rules_acted(core.listing.sides, request)
    return SearchAnswer(
        query=request.query,
        query_id=query_id,
        page=request.page,
        per_page=request.per_page,
        pages=-(-min(found, DEEPEST_HIT) // request.per_page),
        found=found,
        took_ms=0.0,
        sort=request.sort,
        hits=hits,
        facets=facets,
        category=scored.category,
        weights=scored.ranking.weights,
        understanding=replace(core.understanding, extracted=scored.extracted),
        matching=matching_of(scored),
        applied_rules=rules.keys,
        experiments=trial.documents,
        degraded=core.degraded if trial.complete else (*core.degraded, "experiments"),
        versions=_versions(core, trial),
        rules=rules,
    )


def _versions(core: Core, trial: Trial) -> dict[str, int]:
    return {
        "weights": core.scored.ranking.weights.number,
        "search_settings": trial.settings.number,
        "features": core.scored.retrieved.snapshot.number,
        "index": engines_now().index.number,
        "lexicon": lexicon_state().number,
        "rules": core.ruling.book.number,
    }
