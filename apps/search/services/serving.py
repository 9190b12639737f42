"""From a request to its answer, by way of the answers that others have had already.

An answer is kept without what belongs to one request: its id, its time, its experiments, what
was missing, its log and its exposures. Those are made for every request, cached or not. A kept
answer is given away only after PostgreSQL has said that no product was written since.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from apps.common.contracts import RedisCommand
from apps.events.contracts import QueryLogEntry
from apps.events.domain.query_codec import Companion
from apps.events.services.query_log import companions_append
from apps.ranking.metrics import explanations_requested
from apps.search.contracts import SearchAnswer
from apps.search.domain.kept import Frame, Kept, KeptUnreadable, kept_decode, kept_encode
from apps.search.domain.understanding.marks import rules_marks, understanding_marks
from apps.search.metrics import understanding_counted
from apps.search.selectors.seen import catalogue_seen
from apps.search.selectors.vouched import columns_are_fresh, stamp_seen
from apps.search.services.begun import Begun, key_now
from apps.search.services.core import Core
from apps.search.services.flights import Flights
from apps.search.services.kept_answers import (
    PATIENCE_S,
    Absent,
    Told,
    cache_requests_total,
    commands_send,
    kept_awaited,
    kept_commands,
    lead_given_up,
)
from apps.search.services.logged import (
    AnswerLog,
    category_logged,
    degraded_told,
    log_kept,
    log_of,
    log_posted,
    ranking_told,
    search_counted,
    search_told,
)
from apps.search.services.records import record_companion
from apps.search.services.trials import documents_with_teams, teams_shown

_flights = Flights()
_outcomes = {
    name: cache_requests_total.labels(name)
    for name in ("hit", "shared", "miss", "stale", "aside", "gone")
}


class Packing(Protocol):
    """How an answer is kept for one kind of caller."""

    kind: str

    def pack(self, answer: SearchAnswer) -> bytes:
        """What the answer says to everybody."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A computed answer."""

    answer: SearchAnswer
    core: Core


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """An answer.

    Attributes:
        frame: what it says to this request only.
        body: what it says to everybody, packed; empty where it was computed and not kept.
        answer: whole, where it was computed.
    """

    frame: Frame
    body: bytes
    answer: SearchAnswer | None = None


Make = Callable[[Begun], Made]


def search_serve(*, begun: Begun, packing: Packing, told: Told, make: Make) -> Served:
    """The kept answer, or a computed one, which is kept.

    Args:
        begun: the request.
        packing: what is kept for its caller.
        told: what Redis said of `begun.key`.
        make: computes the answer.

    Raises:
        InvalidInput: a filter or facet on an attribute that no product has.
    """
    found, stamp = told
    if begun.request.explain:
        explanations_requested.inc()
    if not begun.key or found is None:
        return _computed(begun, packing, make, "gone" if begun.key else "aside")[0]
    if isinstance(found, bytes):
        hit = _replayed(begun, found, stamp, "hit")
        return hit or _computed(begun, packing, make, "stale")[0]
    with _flights.joined(begun.key) as (flight, leads):
        if leads and found is Absent.FOLLOWS:
            flight.packed = kept_awaited(begun.key)
        if not leads:
            flight.wait(PATIENCE_S)
        packed = flight.packed
        shared = None if packed is None else _replayed(begun, packed, stamp, "shared")
        if shared is not None:
            return shared
        served, packed = _computed(begun, packing, make, "miss")
        if leads:
            flight.packed = packed
        return served


def _replayed(begun: Begun, packed: bytes, stamp: bytes, outcome: str) -> Served | None:
    """The kept answer in this request's frame; None when it cannot be given away."""
    try:
        kept = kept_decode(packed)
    except KeptUnreadable:
        return None
    if not _is_fresh(begun, stamp):
        return None
    _outcomes[outcome].inc()
    request, trial = begun.request, begun.trial
    degraded, token, took_ms = request.degraded, "", begun.took_ms()
    if request.logged:
        entry = _entry(begun, kept, took_ms)
        whole, token = log_posted(AnswerLog(entry, kept.exposures), request, trial)
        degraded = degraded_told(degraded, whole=whole)
        search_told(entry)
        search_counted(entry, kept.matching, degraded)
        understanding_counted(kept.marks)
    frame = Frame(request.query, begun.query_id, took_ms, trial.documents, degraded, token)
    return Served(frame, kept.body)


def _is_fresh(begun: Begun, stamp: bytes) -> bool:
    if begun.fresh is not None:
        stamp_seen(stamp)
        return begun.fresh
    return begun.columns is not None and columns_are_fresh(begun.columns, stamp)


def _entry(begun: Begun, kept: Kept, took_ms: float) -> QueryLogEntry:
    request, asker = begun.request, begun.request.asker
    return replace(
        kept.entry,
        query_id=begun.query_id,
        occurred_at=begun.as_of,
        query=request.query.replace("\x00", ""),
        filters={field: list(values) for field, values in request.filters_asked.items()},
        category=category_logged(kept.detected, request),
        latency_ms=took_ms,
        cache_hit=True,
        degraded=request.degraded,
        user_id=asker.user_id,
        client_id=asker.client_id,
        session_id=asker.session_id,
        experiments=documents_with_teams(begun.trial.documents, kept.drafted, kept.teams),
        principal=asker.principal,
        # Of the answer that was computed: its record explains this one too.
        record=kept.entry.query_id,
    )


def _computed(
    begun: Begun, packing: Packing, make: Make, outcome: str
) -> tuple[Served, bytes | None]:
    """A new answer, and as it is kept; None: it is not."""
    _outcomes[outcome].inc()
    leads = outcome == "miss"
    try:
        with catalogue_seen(begun.columns if begun.fresh else None):
            made = make(begun)
    except BaseException:
        if leads or begun.lead:
            commands_send(lead_given_up(begun.key if leads else begun.lead))
        raise
    answer = replace(made.answer, took_ms=begun.took_ms())
    log = log_of(answer, begun.request, made.core, begun.trial, begun.as_of)
    body, packed = b"", None
    if leads and _lasts(begun, packing, made):
        body = packing.pack(answer)
        packed = kept_encode(_kept(made, log, body))
    beside = kept_commands(begun.key, packed) if leads else _given_up(begun)
    made = replace(made, answer=answer)
    recorded = begun.request.logged or packed is not None
    record = record_companion(answer, made.core, begun.trial) if recorded else ()
    answer = _logged(begun, made, log, beside, record)
    return Served(_frame(answer), body, answer), packed


def _given_up(begun: Begun) -> tuple[RedisCommand, ...]:
    """Ends the lead of an answer that this request asked for before it knew its shopper."""
    return lead_given_up(begun.lead) if begun.lead else ()


def _logged(
    begun: Begun,
    made: Made,
    log: AnswerLog,
    beside: tuple[RedisCommand, ...],
    record: tuple[Companion, ...],
) -> SearchAnswer:
    """The answer as it is told after its log; keeping it goes with the log's round trip."""
    answer, request = made.answer, begun.request
    if not request.logged:
        if record:
            # It is kept for others: whoever gets it is explained by this record.
            companions_append(record, beside=beside)
        elif beside:
            commands_send(beside)
        return answer
    whole, token = log_kept(log, request, begun.trial, beside, record)
    degraded = degraded_told(answer.degraded, whole=whole)
    search_told(log.entry)
    ranking_told(answer, made.core)
    search_counted(log.entry, str(answer.matching.keyword), degraded)
    understanding_counted((*understanding_marks(answer.understanding), *rules_marks(answer.rules)))
    return replace(answer, degraded=degraded, sticky=token)


def _frame(answer: SearchAnswer) -> Frame:
    return Frame(
        answer.query,
        answer.query_id,
        answer.took_ms,
        answer.experiments,
        answer.degraded,
        answer.sticky,
    )


def _lasts(begun: Begun, packing: Packing, made: Made) -> bool:
    """Whether the answer is what its key says: nothing was missing, nothing moved meanwhile."""
    if begun.columns is None or made.answer.degraded:
        return False
    used = made.core.scored.retrieved.snapshot.columns
    same = used.horizon == begun.columns.horizon and used.fingerprint == begun.columns.fingerprint
    return same and key_now(begun, packing.kind)[1] == begun.key


def _kept(made: Made, log: AnswerLog, body: bytes) -> Kept:
    answer, listing = made.answer, made.core.listing
    return Kept(
        body=body,
        entry=log.entry,
        detected=answer.category.path if answer.category else None,
        matching=str(answer.matching.keyword),
        exposures=log.exposures,
        drafted="" if listing.draft is None else listing.draft.experiment.key,
        teams=teams_shown(listing, log.entry),
        marks=(*understanding_marks(answer.understanding), *rules_marks(answer.rules)),
    )
