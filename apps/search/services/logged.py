"""What an answered search leaves behind: query log, exposures, structured log, figures."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, partial

import structlog
from django.conf import settings

from apps.common.contracts import RedisCommand
from apps.common.observability.metrics import degraded_total
from apps.events.contracts import QueryLogEntry
from apps.events.domain.query_codec import NOTHING_TOLD, Companion, Exposed
from apps.events.services.query_log import query_log_append, query_log_post
from apps.experiments.contracts.assignment import Json
from apps.ranking.domain.records import record_document
from apps.ranking_weights.domain.resolve import weights_named
from apps.ranking_weights.metrics import weights_counted
from apps.search.contracts import SearchAnswer, SearchRequest
from apps.search.contracts_understanding import AlternativeKind
from apps.search.domain.swapping import place_ranked, record_swapped
from apps.search.metrics import fallbacks_total, search_seconds, searches_total, zero_results_total
from apps.search.selectors.shown_features import features_shown
from apps.search.services.core import Core
from apps.search.services.trials import (
    Trial,
    documents_with_teams,
    teams_shown,
    trial_exposures,
    trial_remembered,
)

logger = structlog.get_logger(__name__)
_ENGINES = frozenset({"keyword", "semantic"})
# Few values, each asked for with every search.
_searches = lru_cache(maxsize=32)(searches_total.labels)


@dataclass(frozen=True, slots=True)
class AnswerLog:
    """What an answer leaves behind in the event buffer.

    Attributes:
        entry: of the query log.
        exposures: of the search.
    """

    entry: QueryLogEntry
    exposures: tuple[Exposed, ...]


def log_of(
    answer: SearchAnswer, request: SearchRequest, core: Core, trial: Trial, as_of: datetime
) -> AnswerLog:
    """What a computed answer leaves behind."""
    return AnswerLog(
        _entry(answer, request, core, trial, as_of), _exposed(answer, request, core, trial)
    )


def log_kept(
    log: AnswerLog,
    request: SearchRequest,
    trial: Trial,
    beside: Sequence[RedisCommand] = (),
    companions: Sequence[Companion] = (),
) -> tuple[bool, str]:
    """Append to the query log: one round trip; whether Redis took all, and the sticky token.

    Args:
        log: what is appended.
        request: that was answered.
        trial: of the request.
        beside: commands that go with the same round trip.
        companions: what is stored with it.
    """
    token, remembered = trial_remembered(trial)
    append = partial(query_log_append, beside=beside, companions=companions)
    kept = _appended(log, request.attributes, append)
    return kept and remembered, token


def log_posted(log: AnswerLog, request: SearchRequest, trial: Trial) -> tuple[bool, str]:
    """The same without waiting: what Redis refuses is stored otherwise once that is known."""
    token, remembered = trial_remembered(trial)
    sent = _appended(log, request.attributes, query_log_post)
    return sent and remembered, token


def degraded_told(degraded: tuple[str, ...], *, whole: bool) -> tuple[str, ...]:
    """What an answer says is missing, once its log is, or is not, kept whole."""
    return degraded if whole or "redis" in degraded else (*degraded, "redis")


def _entry(
    answer: SearchAnswer, request: SearchRequest, core: Core, trial: Trial, as_of: datetime
) -> QueryLogEntry:
    read = answer.understanding
    entry = QueryLogEntry(
        query_id=answer.query_id,
        occurred_at=as_of,
        query=request.query.replace("\x00", ""),
        normalised=read.normalised,
        filters={field: list(values) for field, values in request.filters_asked.items()},
        sort=str(request.sort),
        page=request.page,
        per_page=request.per_page,
        results_count=answer.found,
        product_ids=tuple(hit.document.product_id for hit in answer.hits),
        positions=tuple(hit.position for hit in answer.hits),
        category=category_logged(answer.category.path if answer.category else None, request),
        category_share=_share_logged(answer, request),
        latency_ms=answer.took_ms,
        cache_hit=False,
        degraded=answer.degraded,
        user_id=request.asker.user_id,
        client_id=request.asker.client_id,
        session_id=request.asker.session_id,
        experiments=trial.documents,
        versions={**answer.versions, "weights_of": weights_named(answer.weights)},
        principal=request.asker.principal,
        query_class=read.query_class,
        corrected=read.correction.corrected if read.correction else None,
        synonyms=read.alternatives(AlternativeKind.SYNONYM),
        applied_rules=answer.applied_rules,
        fallback=answer.matching.step,
        swap=answer.swap,
        features=features_shown(core.listing, request, answer.swap),
    )
    if core.listing.draft is None:
        return entry
    drafted, teams = core.listing.draft.experiment.key, teams_shown(core.listing, entry)
    return replace(entry, experiments=documents_with_teams(trial.documents, drafted, teams))


def _exposed(
    answer: SearchAnswer, request: SearchRequest, core: Core, trial: Trial
) -> tuple[Exposed, ...]:
    try:
        return trial_exposures(trial=trial, request=request, core=core)
    except Exception:  # the answer is ready: whatever happens to its log must not cost it
        degraded_total.labels(component="exposures", reason="raised").inc()
        logger.exception("exposures_raised", query_id=str(answer.query_id))
        return ()


def _appended(
    log: AnswerLog,
    dimensions: Mapping[str, Json],
    append: Callable[[QueryLogEntry, Sequence[Exposed], Mapping[str, object]], bool],
) -> bool:
    try:
        told = dimensions if log.exposures else NOTHING_TOLD
        return append(log.entry, log.exposures, told)
    except Exception:  # the answer is ready: whatever happens to its log must not cost it
        degraded_total.labels(component="query_log", reason="raised").inc()
        logger.exception("query_log_raised", query_id=str(log.entry.query_id))
        return False


def category_logged(detected: str | None, request: SearchRequest) -> str | None:
    """The first filtered category, else the detected one."""
    return request.filters.categories[0] if request.filters.categories else detected


def _share_logged(answer: SearchAnswer, request: SearchRequest) -> float | None:
    """How sure the category is; None: the shopper chose it, or there is none."""
    if request.filters.categories or answer.category is None:
        return None
    return round(answer.category.share, 4)


def search_told(entry: QueryLogEntry) -> None:
    """The structured log of each search."""
    logger.info(
        "search",
        query=entry.normalised,
        query_id=str(entry.query_id),
        results_count=entry.results_count,
        latency_ms=entry.latency_ms,
        cache_hit=entry.cache_hit,
        degraded=entry.degraded,
    )


def ranking_told(answer: SearchAnswer, core: Core) -> None:
    """The structured log of a sample's hits with their scores."""
    if random.random() >= settings.RANKING_LOG_SAMPLE:  # noqa: S311 - sampling a log, no secret
        return
    for hit in answer.hits:
        ranked = core.listing.record(place_ranked(hit.position, answer.swap))
        record = record_document(record_swapped(ranked, hit.position))
        logger.info(
            "ranking",
            query_id=str(answer.query_id),
            product_id=hit.document.product_id,
            position=hit.position,
            final_score=record["final_score"],
            score_breakdown=record["score_breakdown"],
        )


def search_counted(entry: QueryLogEntry, matching: str, degraded: Sequence[str]) -> None:
    """What the metrics say of it.

    Args:
        entry: of the query log.
        matching: how keywords matched.
        degraded: what the answer says is missing.
    """
    _searches(matching).inc()
    weights_counted(str(entry.versions.get("weights_of", "")))
    search_seconds.observe(entry.latency_ms / 1000.0)
    # With an engine missing, nothing found says nothing about the catalogue.
    if not entry.results_count and not _ENGINES & set(degraded):
        zero_results_total.inc()
        fallbacks_total.labels("nothing").inc()
    if entry.fallback:
        fallbacks_total.labels(entry.fallback).inc()
    for component in degraded:
        degraded_total.labels(component="search", reason=component).inc()
