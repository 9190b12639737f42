"""One search, from a checked request to its answer, its log entry and its figures."""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from django.conf import settings

from apps.common.domain.uuid7 import uuid7_new
from apps.common.observability.metrics import degraded_total
from apps.events.contracts import QueryLogEntry
from apps.events.services.query_log import query_log_append
from apps.ranking.domain.records import hit_record, record_document
from apps.search.contracts import (
    DEEPEST_HIT,
    FacetLine,
    Hit,
    Matching,
    SearchAnswer,
    SearchRequest,
    Understanding,
)
from apps.search.metrics import search_seconds, searches_total, step_timed, zero_results_total
from apps.search.selectors.presenting import Documents, hits_presented, page_documents
from apps.search.selectors.retrieval import retrieval
from apps.search.selectors.scoring import Scored, facets_counted, matches_scored, rows_on_page
from apps.search.selectors.understanding import query_understanding

logger = structlog.get_logger(__name__)
_ENGINES = frozenset({"keyword", "semantic"})


@dataclass(frozen=True, slots=True, eq=False)
class Core:
    """A search without its frame: what was scored, and the page.

    Attributes:
        understanding: the query as it was searched for.
        scored: every match in its order.
        documents: the page's rows to what is shown of them.
        degraded: what was missing.
    """

    understanding: Understanding
    scored: Scored
    documents: Documents
    degraded: tuple[str, ...]


def search_core(request: SearchRequest) -> Core:
    """Understand, retrieve, score, page and hydrate: at most two SQL statements.

    Raises:
        InvalidInput: a filter on an attribute that no product has.
    """
    understanding = query_understanding(request.query)
    retrieved = retrieval(understanding)
    with step_timed("score"):
        scored = matches_scored(retrieved, request)
    with step_timed("hydrate"):
        rows = rows_on_page(scored, request)
        documents, hydrated = page_documents(retrieved.snapshot, rows)
    degraded = [*request.degraded, *retrieved.degraded, *(() if hydrated else ("keyword",))]
    if scored.ranking.weights.degraded:
        degraded.append("weights")
    return Core(understanding, scored, documents, tuple(dict.fromkeys(degraded)))


def core_hits(core: Core, request: SearchRequest) -> tuple[Hit, ...]:
    """The page as it is shown: highlights, and records when asked for."""
    with step_timed("present"):
        return hits_presented(core.scored, request, core.understanding, core.documents)


def search_answer(*, request: SearchRequest, as_of: datetime) -> SearchAnswer:
    """Answer one search and log it.

    Args:
        request: parsed and checked.
        as_of: aware; dates the answer and its id.

    Raises:
        InvalidInput: a filter or facet on an attribute that no product has.
    """
    started = time.perf_counter()
    core = search_core(request)
    with step_timed("facets"):
        facets = facets_counted(core.scored, request)
    hits = core_hits(core, request)
    took_ms = (time.perf_counter() - started) * 1000.0
    answer = _answer(
        request=request, core=core, hits=hits, facets=facets, as_of=as_of, took_ms=took_ms
    )
    if request.logged:
        answer = _logged(answer, request, core, as_of)
        _counted(answer)
    return answer


def _answer(
    *,
    request: SearchRequest,
    core: Core,
    hits: tuple[Hit, ...],
    facets: Mapping[str, tuple[FacetLine, ...]],
    as_of: datetime,
    took_ms: float,
) -> SearchAnswer:
    scored, retrieved = core.scored, core.scored.retrieved
    found = len(scored.ranking.order)
    return SearchAnswer(
        query=request.query,
        query_id=uuid7_new(as_of),
        page=request.page,
        per_page=request.per_page,
        pages=-(-min(found, DEEPEST_HIT) // request.per_page),
        found=found,
        took_ms=round(took_ms, 3),
        sort=request.sort,
        hits=hits,
        facets=facets,
        category=scored.category,
        weights=scored.ranking.weights,
        matching=Matching(retrieved.mode, semantic=len(retrieved.semantic) > 0),
        applied_rules=scored.ranking.applied_rules,
        experiments=(),
        degraded=core.degraded,
        versions={
            "weights": scored.ranking.weights.number,
            "serving": retrieved.snapshot.number,
        },
    )


def _logged(
    answer: SearchAnswer, request: SearchRequest, core: Core, as_of: datetime
) -> SearchAnswer:
    """Append to the query log: one Redis round trip; without Redis the answer says so."""
    kept = _appended(
        QueryLogEntry(
            query_id=answer.query_id,
            occurred_at=as_of,
            query=request.query.replace("\x00", ""),
            normalised=core.understanding.normalised,
            filters={field: list(values) for field, values in request.filters_asked.items()},
            sort=str(request.sort),
            page=request.page,
            per_page=request.per_page,
            results_count=answer.found,
            product_ids=tuple(hit.document.product_id for hit in answer.hits),
            positions=tuple(hit.position for hit in answer.hits),
            category=_category(answer, request),
            latency_ms=answer.took_ms,
            cache_hit=False,
            degraded=answer.degraded,
            user_id=request.asker.user_id,
            client_id=request.asker.client_id,
            session_id=request.asker.session_id,
            experiments=answer.experiments,
            versions=answer.versions,
            principal=request.asker.principal,
        )
    )
    _told(answer, core)
    if kept or "redis" in answer.degraded:
        return answer
    return replace(answer, degraded=(*answer.degraded, "redis"))


def _appended(entry: QueryLogEntry) -> bool:
    try:
        return query_log_append(entry)
    except Exception:  # the answer is ready: whatever happens to its log must not cost it
        degraded_total.labels(component="query_log", reason="raised").inc()
        logger.exception("query_log_raised", query_id=str(entry.query_id))
        return False


def _category(answer: SearchAnswer, request: SearchRequest) -> str | None:
    if request.filters.categories:
        return request.filters.categories[0]
    return answer.category.path if answer.category else None


def _told(answer: SearchAnswer, core: Core) -> None:
    """The structured log: each search, and a sample's hits with their scores."""
    logger.info(
        "search",
        query=core.understanding.normalised,
        query_id=str(answer.query_id),
        results_count=answer.found,
        latency_ms=answer.took_ms,
        cache_hit=False,
        degraded=answer.degraded,
    )
    if random.random() >= settings.RANKING_LOG_SAMPLE:  # noqa: S311 - sampling a log, no secret
        return
    for hit in answer.hits:
        record = record_document(hit_record(core.scored.ranking, hit.position))
        logger.info(
            "ranking",
            query_id=str(answer.query_id),
            product_id=hit.document.product_id,
            position=hit.position,
            final_score=record["final_score"],
            score_breakdown=record["score_breakdown"],
        )


def _counted(answer: SearchAnswer) -> None:
    searches_total.labels(str(answer.matching.keyword)).inc()
    search_seconds.observe(answer.took_ms / 1000.0)
    # With an engine missing, nothing found says nothing about the catalogue.
    if not answer.found and not _ENGINES & set(answer.degraded):
        zero_results_total.inc()
    for component in answer.degraded:
        degraded_total.labels(component="search", reason=component).inc()
