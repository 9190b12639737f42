"""The drain: from the Redis stream into PostgreSQL, at least once, and once by primary key.

Entries are acknowledged after their rows are committed. A drain that dies in between leaves them
pending: the next one claims them when they have been idle long enough, and the rows that are
there already conflict with themselves.
"""

import os
import socket
from collections.abc import Sequence
from typing import Any, cast

import redis
import structlog
from django.conf import settings
from django.db import DataError, IntegrityError
from prometheus_client import Counter, Gauge

from apps.common.errors import ApplicationError
from apps.common.redis import redis_patient
from apps.events.contracts import DrainResult
from apps.events.domain.query_codec import BufferEntry, BufferEntryUnreadable, entry_decode
from apps.events.services.query_log import PAYLOAD, entries_store

logger = structlog.get_logger(__name__)

buffer_depth = Gauge(
    "endcap_event_buffer_depth",
    "Entries waiting in the buffer at the last drain.",
    multiprocess_mode="mostrecent",
)
buffer_dropped = Gauge(
    "endcap_event_buffer_dropped",
    "Entries the safety limit cut before they were drained, since the stream began.",
    multiprocess_mode="mostrecent",
)
buffer_drained_total = Counter(
    "endcap_event_buffer_drained_total", "Drained entries by outcome.", ["outcome"]
)
GROUP = "drain"
CLAIM_IDLE_MS = 30_000
_BATCH = 500
_DEAD_MAX = 100_000
# Acknowledge, free the memory and count in one step, so that the count of what was cut
# (added - drained - still there) is exact whenever a drain dies.
_ACK = """
    local acked = redis.call('XACK', KEYS[1], ARGV[1], unpack(ARGV, 2))
    redis.call('XDEL', KEYS[1], unpack(ARGV, 2))
    redis.call('INCRBY', KEYS[2], acked)
    return acked
"""
_Message = tuple[bytes, dict[bytes, bytes] | None]


def buffer_drain(
    *, limit: int = 50_000, claim_idle_ms: int = CLAIM_IDLE_MS, client: redis.Redis | None = None
) -> DrainResult:
    """Move up to `limit` entries into PostgreSQL.

    Raises:
        redis.RedisError: Redis is gone.
        DatabaseError: PostgreSQL is gone; the entries stay pending and are claimed later.
    """
    own = client or redis_patient()
    try:
        return _Drain(own, limit, claim_idle_ms).run()
    finally:
        if client is None:
            own.close()


def dead_letter_stream() -> str:
    return f"{settings.EVENT_BUFFER_STREAM}:dead"


class _Drain:
    def __init__(self, client: redis.Redis, limit: int, claim_idle_ms: int) -> None:
        self._client = client
        self._stream = settings.EVENT_BUFFER_STREAM
        self._drained_key = f"{self._stream}:drained"
        self._consumer = f"{socket.gethostname()}-{os.getpid()}"
        self._limit = limit
        self._claim_idle_ms = claim_idle_ms
        self._ack = client.register_script(_ACK)
        self.read = self.stored = self.replayed = self.dead = 0

    def run(self) -> DrainResult:
        self._group_ensure()
        self._claim_stuck()
        while self.read < self._limit:
            messages = self._read_new()
            if not messages:
                break
            self._handle(messages)
        self._consumers_tidy()
        depth, dropped = self._figures()
        return DrainResult(self.read, self.stored, self.replayed, self.dead, depth, dropped)

    def _group_ensure(self) -> None:
        try:
            self._client.xgroup_create(self._stream, GROUP, id="0", mkstream=True)
        except redis.ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise
        else:
            # A new stream: whatever was drained from an older one does not count.
            self._client.set(self._drained_key, 0)

    def _claim_stuck(self) -> None:
        start: Any = "0-0"
        while self.read < self._limit:
            start, messages, *_ = self._client.xautoclaim(
                self._stream, GROUP, self._consumer, self._claim_idle_ms, start, count=_BATCH
            )
            if messages:
                self._handle(messages)
            if start in {b"0-0", "0-0"}:
                return

    def _read_new(self) -> list[_Message]:
        answer = cast(
            "list[tuple[bytes, list[_Message]]]",
            self._client.xreadgroup(
                GROUP, self._consumer, {self._stream: ">"}, count=min(_BATCH, self._limit)
            ),
        )
        return answer[0][1] if answer else []

    def _handle(self, messages: Sequence[_Message]) -> None:
        entries, poison = _decode(messages)
        try:
            self._store([entry for _, entry in entries])
        except (DataError, IntegrityError, ApplicationError):
            # One of them cannot be stored: find out which, the others go in.
            poison += self._store_singly(entries)
        for identifier, fields, reason in poison:
            self._bury(identifier, fields, reason)
        self._ack(
            keys=[self._stream, self._drained_key],
            args=[GROUP, *(identifier for identifier, _ in messages)],
        )
        self.read += len(messages)
        buffer_drained_total.labels("stored").inc(len(messages) - len(poison))

    def _store(self, entries: Sequence[BufferEntry]) -> None:
        given, new = entries_store(entries)
        self.stored += new
        self.replayed += given - new

    def _store_singly(
        self, entries: Sequence[tuple[_Message, BufferEntry]]
    ) -> list[tuple[bytes, dict[bytes, bytes], str]]:
        poison = []
        for (identifier, fields), entry in entries:
            try:
                self._store([entry])
            except (DataError, IntegrityError, ApplicationError) as error:
                poison.append((identifier, fields or {}, str(error).split("\n", 1)[0]))
        return poison

    def _bury(self, identifier: bytes, fields: dict[bytes, bytes], reason: str) -> None:
        letter: dict[Any, Any] = {**fields, b"id": identifier, b"reason": reason}
        self._client.xadd(dead_letter_stream(), letter, maxlen=_DEAD_MAX, approximate=True)
        self.dead += 1
        buffer_drained_total.labels("dead").inc()
        logger.error("event_buffer_poison", entry=identifier.decode(), reason=reason)

    def _consumers_tidy(self) -> None:
        """Forget consumers that hold nothing: every worker process that ever drained is one."""
        for consumer in self._client.xinfo_consumers(self._stream, GROUP):
            own = consumer["name"].decode() == self._consumer
            if consumer["pending"] == 0 and (own or consumer["idle"] > 3_600_000):  # noqa: PLR2004 - an hour
                self._client.xgroup_delconsumer(self._stream, GROUP, consumer["name"])

    def _figures(self) -> tuple[int, int]:
        facts = self._client.xinfo_stream(self._stream)
        drained = int(cast("bytes | None", self._client.get(self._drained_key)) or 0)
        depth = int(facts["length"])
        dropped = max(int(facts["entries-added"]) - drained - depth, 0)
        buffer_depth.set(depth)
        buffer_dropped.set(dropped)
        return depth, dropped


def _decode(
    messages: Sequence[_Message],
) -> tuple[list[tuple[_Message, BufferEntry]], list[tuple[bytes, dict[bytes, bytes], str]]]:
    entries, poison = [], []
    for message in messages:
        identifier, fields = message
        try:
            entries.append((message, entry_decode((fields or {}).get(PAYLOAD, b""))))
        except BufferEntryUnreadable as error:
            poison.append((identifier, fields or {}, str(error)))
    return entries, poison
