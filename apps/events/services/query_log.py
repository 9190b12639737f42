"""The query log: one XADD on a request's path, or straight to PostgreSQL without Redis."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import redis
import structlog
from django.conf import settings
from django.db import Error as DatabaseFailure
from django.db import connection, transaction
from prometheus_client import Counter

from apps.common.contracts import RedisCommand
from apps.common.observability.metrics import degraded_total
from apps.common.redis import redis_try
from apps.common.redis_exchange import redis_exchange, redis_post
from apps.events.contracts import Event, QueryLogEntry
from apps.events.domain.query_codec import (
    NOTHING_TOLD,
    BufferEntry,
    Companion,
    Exposed,
    entry_encode,
)
from apps.events.services.companions import companions_store
from apps.events.services.ingest import row_of_event, rows_store
from apps.events.services.sessions import search_commands, search_counted

logger = structlog.get_logger(__name__)

buffer_appends_total = Counter(
    "endcap_event_buffer_appends_total",
    "Query-log and exposure entries by where they went: stream, database, lost.",
    ["outcome"],
)
PAYLOAD = b"p"

_INSERT = """
    INSERT INTO events_querylog (
        id, occurred_at, query, normalised, filters, sort, page, per_page, results_count,
        product_ids, positions, category, latency_ms, cache_hit, degraded, user_id, client_id,
        session_id, experiments, versions, principal, query_class, corrected, synonyms,
        applied_rules, fallback, swap, features, record,
        category_share)
    SELECT id, occurred_at, query, normalised, filters, sort, page, per_page, results_count,
        product_ids, positions, category, latency_ms, cache_hit, degraded, user_id, client_id,
        session_id, experiments, versions, principal, query_class, corrected, synonyms,
        applied_rules, fallback, swap, decode(features, 'base64'),
        record, category_share
    FROM json_to_recordset(%s::json) AS item (
        id uuid, occurred_at timestamptz, query text, normalised text, filters jsonb, sort text,
        page integer, per_page integer, results_count integer, product_ids text[],
        positions integer[], category text, latency_ms float8, cache_hit boolean,
        degraded text[], user_id text, client_id text, session_id text, experiments jsonb,
        versions jsonb, principal text, query_class text, corrected text, synonyms jsonb,
        applied_rules text[], fallback text, swap integer, features text,
        record uuid, category_share float8)
    ON CONFLICT (id) DO NOTHING
"""


def query_log_append(
    entry: QueryLogEntry,
    exposures: Sequence[Exposed | Event] = (),
    dimensions: Mapping[str, object] = NOTHING_TOLD,
    *,
    beside: Sequence[RedisCommand] = (),
    companions: Sequence[Companion] = (),
) -> bool:
    """Log one answered search, and what it exposed, in one round trip; its session has it too.

    Never raises: a shopper's answer does not depend on its log. False when Redis was missing,
    so that the answer can say `degraded: ["redis"]`.

    Args:
        entry: of the search.
        exposures: of the same.
        dimensions: what every exposure tells.
        beside: commands of the caller's own for the same round trip; their answers are not
            looked at.
        companions: rows of other apps that are stored with the search.
    """
    logged = BufferEntry(
        query=entry,
        exposures=tuple(exposures),
        dimensions=dimensions,
        companions=tuple(companions),
    )
    return buffer_append(logged, beside)


def query_log_post(
    entry: QueryLogEntry,
    exposures: Sequence[Exposed] = (),
    dimensions: Mapping[str, object] = NOTHING_TOLD,
) -> bool:
    """The same without waiting for Redis's answer; False: it could not be sent.

    What Redis refused, or never answered, is stored directly as soon as that is known: with
    the connection's next use, the next poll of the versions, or at the process's end.
    """
    logged = BufferEntry(query=entry, exposures=tuple(exposures), dimensions=dimensions)
    session = search_commands(entry)
    commands = [_append_command(logged), *session]

    def settle(answers: list[Any] | None) -> None:
        search_counted(answers[1:] if answers else [None] * len(session))
        if answers is not None and not isinstance(answers[0], redis.RedisError):
            buffer_appends_total.labels("stream").inc()
            return
        degraded_total.labels(component="redis", reason="event_buffer").inc()
        logger.warning("event_buffer_refused", reason=str(answers and answers[0]))
        # If it did arrive, its id is there already.
        _append_directly(logged)

    def post(client: redis.Redis) -> None:
        redis_post(client, commands, settle)

    _, sent = redis_try("event_buffer", post, None)
    if not sent:
        search_counted([None] * len(session))
        _append_directly(logged)
    return sent


def companions_append(
    companions: Sequence[Companion], *, beside: Sequence[RedisCommand] = ()
) -> bool:
    """Rows of other apps without a search: of an answer that was made for others to come."""
    return buffer_append(BufferEntry(companions=tuple(companions)), beside)


def exposures_append(exposures: Sequence[Event]) -> bool:
    """Log exposures of an answer that was no search; see `query_log_append`."""
    return buffer_append(BufferEntry(exposures=tuple(exposures)))


def buffer_append(entry: BufferEntry, beside: Sequence[RedisCommand] = ()) -> bool:
    """One XADD, else one INSERT, else a counted loss."""
    session = search_commands(entry.query)
    commands = [_append_command(entry), *session, *beside]

    def call(client: redis.Redis) -> list[Any]:
        answers = redis_exchange(client, commands)
        if isinstance(answers[0], redis.RedisError):
            raise answers[0]
        return answers

    answers: list[Any] = [None] * len(commands)
    try:
        answers, kept = redis_try("event_buffer", call, answers)
    except redis.RedisError as error:
        logger.warning("event_buffer_refused", reason=str(error))
        kept = False
    search_counted(answers[1 : len(session) + 1])
    if kept:
        buffer_appends_total.labels("stream").inc()
        return True
    _append_directly(entry)
    return False


def _append_command(entry: BufferEntry) -> RedisCommand:
    stream, most = settings.EVENT_BUFFER_STREAM, settings.EVENT_BUFFER_MAX
    return RedisCommand(("XADD", stream, "MAXLEN", "~", most, "*", PAYLOAD, entry_encode(entry)))


def _append_directly(entry: BufferEntry) -> None:
    try:
        entries_store([entry])
    except (DatabaseFailure, ValueError) as error:
        buffer_appends_total.labels("lost").inc()
        logger.warning("query_log_lost", reason=str(error))
    else:
        buffer_appends_total.labels("database").inc()


def entries_store(entries: Sequence[BufferEntry]) -> tuple[int, int]:
    """Insert searches and exposures in one transaction; (rows given, rows that were new).

    Rows of other apps go with them, and are counted by themselves.
    """
    queries = [entry.query for entry in entries if entry.query is not None]
    exposures = [row_of_event(event) for entry in entries for event in entry.events()]
    with transaction.atomic():
        new = rows_store(exposures) + queries_store(queries)
        companions_store([each for entry in entries for each in entry.companions])
    return len(queries) + len(exposures), new


def queries_store(queries: Sequence[QueryLogEntry]) -> int:
    """Insert searches that are new; how many were."""
    if not queries:
        return 0
    rows = []
    for query in sorted(queries, key=lambda query: query.query_id.int):
        row = msgspec.to_builtins(query)
        row["id"] = row.pop("query_id")
        row["positions"] = query.ranks()
        rows.append(row)
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [msgspec.json.encode(rows).decode()])
        return int(cursor.rowcount)
