"""One search, from a checked request to its answer, its log entry and its figures."""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from apps.common.domain.uuid7 import uuid7_new
from apps.search.contracts import (
    DEEPEST_HIT,
    FacetLine,
    Hit,
    Matching,
    SearchAnswer,
    SearchRequest,
)
from apps.search.metrics import step_timed
from apps.search.selectors.scoring import facets_counted
from apps.search.services.core import Core, core_hits, search_core
from apps.search.services.logged import answer_counted, answer_logged
from apps.search.services.trials import Trial, trial_of


def search_answer(*, request: SearchRequest, as_of: datetime) -> SearchAnswer:
    """Answer one search and log it.

    Args:
        request: parsed and checked.
        as_of: aware; dates the answer and its id.

    Raises:
        InvalidInput: a filter or facet on an attribute that no product has.
    """
    started = time.perf_counter()
    query_id = request.query_id or uuid7_new(as_of)
    trial = trial_of(request=request, query_id=query_id, as_of=as_of)
    core = search_core(request, trial.plan)
    with step_timed("facets"):
        facets = facets_counted(core.listing.sides, request)
    hits = core_hits(core, request)
    answer = _answer(
        request=request, core=core, hits=hits, facets=facets, trial=trial, query_id=query_id
    )
    answer = replace(answer, took_ms=round((time.perf_counter() - started) * 1000.0, 3))
    if request.logged:
        answer = answer_logged(answer, request, core, trial, as_of)
        answer_counted(answer)
    return answer


def _answer(
    *,
    request: SearchRequest,
    core: Core,
    hits: tuple[Hit, ...],
    facets: Mapping[str, tuple[FacetLine, ...]],
    trial: Trial,
    query_id: UUID,
) -> SearchAnswer:
    scored, retrieved = core.scored, core.scored.retrieved
    found = core.listing.found
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
        matching=Matching(retrieved.mode, semantic=len(retrieved.semantic) > 0),
        applied_rules=scored.ranking.applied_rules,
        experiments=trial.documents,
        degraded=core.degraded if trial.complete else (*core.degraded, "experiments"),
        versions=_versions(core, trial),
    )


def _versions(core: Core, trial: Trial) -> dict[str, int]:
    return {
        "weights": core.scored.ranking.weights.number,
        "search_settings": trial.settings.number,
        "serving": core.scored.retrieved.snapshot.number,
    }
