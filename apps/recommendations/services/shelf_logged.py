"""What an answered shelf leaves behind: its record, exposures, the log and figures.

It is no search: the query log has no line of it. Its record goes the same way, in the one round
trip with the exposures.
"""

from dataclasses import replace

import numpy as np
import structlog

from apps.common.observability.metrics import degraded_total
from apps.events.contracts import Event
from apps.events.domain.query_codec import BufferEntry, Companion
from apps.events.services.query_log import buffer_append
from apps.features.contracts import SESSION_BOOST
from apps.ranking.domain.kept import KeptRecord, record_encode, slice_of
from apps.ranking.metrics import explanations_requested
from apps.ranking.services import RECORDS
from apps.ranking_weights.domain.resolve import weights_named
from apps.ranking_weights.metrics import weights_counted
from apps.recommendations.contracts_answers import RecommendationAnswer, RecommendationRequest
from apps.recommendations.domain.allowing import BOUGHT, IN_SESSION
from apps.recommendations.domain.kept_shelf import SURFACE, ShelfKept, shelf_kept_pack
from apps.recommendations.metrics_session import session_based_boosts_total
from apps.recommendations.metrics_shelves import fallbacks_total, requests_total, shelf_seconds
from apps.recommendations.services.shelf_exposed import shelf_exposures
from apps.recommendations.services.shelf_made import ShelfMade
from apps.recommendations.services.shelf_trials import trial_remembered

logger = structlog.get_logger(__name__)
_MOST_OUTSCORED = 200
_MOST_LEFT_OUT = 200
# What nobody can find out afterwards: it hangs on the shopper and the moment.
_PASSING = (BOUGHT, IN_SESSION)


def answer_logged(made: ShelfMade, request: RecommendationRequest) -> RecommendationAnswer:
    """The answer as it is told once its record is, or is not, kept whole."""
    answer = made.answer
    if request.explain:
        explanations_requested.inc()
    if request.logged:
        token, remembered = trial_remembered(made.trial)
        entry = BufferEntry(exposures=_exposed(made, request), companions=_record(made, request))
        whole = buffer_append(entry) and remembered
        if not whole and "redis" not in answer.degraded:
            answer = replace(answer, degraded=(*answer.degraded, "redis"))
        answer = replace(answer, sticky=token)
    _told(answer)
    return answer


def _exposed(made: ShelfMade, request: RecommendationRequest) -> tuple[Event, ...]:
    if not made.trial.served:
        return ()
    try:
        return shelf_exposures(
            trial=made.trial, request=request, shelf=made.shelf, query_id=made.answer.query_id
        )
    except Exception:  # the answer is ready: whatever happens to its log must not cost it
        degraded_total.labels(component="exposures", reason="raised").inc()
        logger.exception("exposures_raised", query_id=str(made.answer.query_id))
        return ()


def _record(made: ShelfMade, request: RecommendationRequest) -> tuple[Companion, ...]:
    try:
        packed = record_encode(record_of(made, request))
    except Exception:  # the answer is ready: whatever happens to its record must not cost it
        degraded_total.labels(component="ranking_record", reason="raised").inc()
        logger.exception("ranking_record_raised", query_id=str(made.answer.query_id))
        return ()
    return (Companion(RECORDS, made.answer.query_id, packed),)


def record_of(made: ShelfMade, request: RecommendationRequest) -> KeptRecord:
    """What is kept of a computed answer."""
    answer, shelf = made.answer, made.shelf
    own = ShelfKept(
        placement=answer.placement.name.value,
        placement_number=answer.placement.number,
        at=shelf.world.as_of.timestamp(),
        product_ids=request.product_ids,
        category=request.category,
        about=shelf.about or "",
        attributes=request.attributes,
        filters=request.filters_asked,
        reasons=tuple(item.reason for item in answer.items),
        fallback=answer.fallback,
        applied_rules=answer.applied_rules,
        personalised=answer.personalised,
        degraded=answer.degraded,
        outscored=_outscored(made),
        left_out=_left_out(made),
    )
    return KeptRecord(
        surface=SURFACE,
        product_ids=tuple([item.document.product_id for item in answer.items]),
        positions=tuple([item.position for item in answer.items]),
        slices=(slice_of(shelf.ranking, np.array(made.shown.ranks, dtype=np.int32)),),
        places=b"",
        hidden=(),
        experiments=made.trial.acted,
        versions=answer.versions,
        own=shelf_kept_pack(own),
    )


def _outscored(made: ShelfMade) -> tuple[str, ...]:
    """What was found and stood behind the shelf's last, best first."""
    names = made.shelf.world.snapshot.columns.product_ids
    last = max(made.shown.ranks, default=0)
    behind = made.shelf.ranking.rows_ranked()[last : last + _MOST_OUTSCORED]
    return tuple(names.get(row) for row in behind.tolist())


def _left_out(made: ShelfMade) -> dict[str, str]:
    """Products that the shopper's own doings kept away."""
    names, found = made.shelf.world.snapshot.columns.product_ids, {}
    for name in _PASSING:
        mask = made.shelf.allowing.masks.get(name)
        if mask is not None:
            for row in np.flatnonzero(~mask)[:_MOST_LEFT_OUT].tolist():
                found[names.get(row)] = name
    return found


def _told(answer: RecommendationAnswer) -> None:
    """The structured log, and what the metrics say."""
    placement = answer.placement.name.value
    requests_total.labels(placement, str(answer.personalised).lower()).inc()
    shelf_seconds.labels(placement).observe(answer.took_ms / 1000.0)
    weights_counted(weights_named(answer.weights))
    if SESSION_BOOST in dict(answer.weights.weights):
        session_based_boosts_total.inc()
    for fallback in answer.fallback:
        fallbacks_total.labels(placement, fallback.value).inc()
    for component in answer.degraded:
        degraded_total.labels(component="recommendations", reason=component).inc()
    logger.info(
        "recommendations",
        placement=placement,
        query_id=str(answer.query_id),
        items=len(answer.items),
        strategies=[each.value for each in answer.strategies],
        fallback=[each.value for each in answer.fallback],
        latency_ms=answer.took_ms,
        degraded=answer.degraded,
    )
