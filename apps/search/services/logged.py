"""What an answered search leaves behind: query log, exposures, structured log, figures."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import structlog
from django.conf import settings

from apps.common.observability.metrics import degraded_total
from apps.events.contracts import QueryLogEntry
from apps.events.domain.query_codec import NOTHING_TOLD, Exposed
from apps.events.services.query_log import query_log_append
from apps.experiments.contracts.assignment import Json
from apps.ranking.domain.records import record_document
from apps.search.contracts import SearchAnswer, SearchRequest
from apps.search.metrics import search_seconds, searches_total, zero_results_total
from apps.search.services.core import Core
from apps.search.services.trials import (
    Trial,
    trial_exposures,
    trial_log_documents,
    trial_remembered,
)

logger = structlog.get_logger(__name__)
_ENGINES = frozenset({"keyword", "semantic"})


def answer_logged(
    answer: SearchAnswer, request: SearchRequest, core: Core, trial: Trial, as_of: datetime
) -> SearchAnswer:
    """Append to the query log: one Redis round trip; without Redis the answer says so."""
    entry = _entry(answer, request, core, trial, as_of)
    token, remembered = trial_remembered(trial)
    exposures = _exposed(answer, request, core, trial)
    kept = _appended(entry, exposures, request.attributes) and remembered
    _told(answer, core)
    if not kept and "redis" not in answer.degraded:
        answer = replace(answer, degraded=(*answer.degraded, "redis"))
    return replace(answer, sticky=token) if token else answer


def _entry(
    answer: SearchAnswer, request: SearchRequest, core: Core, trial: Trial, as_of: datetime
) -> QueryLogEntry:
    shown = [(hit.document.product_id, hit.position) for hit in answer.hits]
    return QueryLogEntry(
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
        experiments=trial_log_documents(trial, core.listing, shown),
        versions=answer.versions,
        principal=request.asker.principal,
    )


def _exposed(
    answer: SearchAnswer, request: SearchRequest, core: Core, trial: Trial
) -> tuple[Exposed, ...]:
    try:
        return trial_exposures(
            trial=trial, request=request, lists=core.lists, listing=core.listing
        )
    except Exception:  # the answer is ready: whatever happens to its log must not cost it
        degraded_total.labels(component="exposures", reason="raised").inc()
        logger.exception("exposures_raised", query_id=str(answer.query_id))
        return ()


def _appended(
    entry: QueryLogEntry, exposures: Sequence[Exposed], dimensions: Mapping[str, Json]
) -> bool:
    try:
        return query_log_append(entry, exposures, dimensions if exposures else NOTHING_TOLD)
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
        record = record_document(core.listing.record(hit.position))
        logger.info(
            "ranking",
            query_id=str(answer.query_id),
            product_id=hit.document.product_id,
            position=hit.position,
            final_score=record["final_score"],
            score_breakdown=record["score_breakdown"],
        )


def answer_counted(answer: SearchAnswer) -> None:
    """What the metrics say of it."""
    searches_total.labels(str(answer.matching.keyword)).inc()
    search_seconds.observe(answer.took_ms / 1000.0)
    # With an engine missing, nothing found says nothing about the catalogue.
    if not answer.found and not _ENGINES & set(answer.degraded):
        zero_results_total.inc()
    for component in answer.degraded:
        degraded_total.labels(component="search", reason=component).inc()
