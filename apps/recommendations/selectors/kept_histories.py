"""Stored histories and user factors, kept in Redis; what is not there is read by one statement.

They are kept for a day under `recs:user:<user>`, or `recs:client:<client>` where nobody is logged
in; for five minutes while there is nothing in them. An event shortens that to a minute, and for
a minute leaves a mark (`history_expiries`): what was read before its commit and is written after
it meets the mark, and lives a minute too. So whoever asks without a session sees an event that
was told of after a minute at the latest. Imports tell nobody: what was kept then ends with its
day. A user who comes on a client that was not looked at yet, as after a log-in, is read anew.
Factors are solved again when another model is served.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from hashlib import sha1

import redis

from apps.common.contracts import RedisCommand
from apps.common.observability.metrics import degraded_total
from apps.common.postgresql import PostgresqlGone, postgresql_call
from apps.common.redis import redis_try
from apps.common.redis_exchange import RedisScript, redis_post
from apps.events.contracts import INTERACTION_WEIGHTS, EventType
from apps.events.contracts_history import DayLines
from apps.events.contracts_sessions import SessionEntry
from apps.events.selectors_history import history_of_client, history_of_user
from apps.recommendations.contracts import Solved
from apps.recommendations.contracts_models import Recommender
from apps.recommendations.domain.affinities import cells_of
from apps.recommendations.domain.code_book import Places
from apps.recommendations.domain.histories import history_of
from apps.recommendations.domain.kept_history import (
    KeptHistory,
    KeptUnreadable,
    kept_history_decode,
    kept_history_encode,
)
from apps.recommendations.metrics_affinity import shopper_histories_total
from apps.recommendations.selectors.recommender import recommender_now

_KEPT_S = 86_400
_KEPT_EMPTY_S = 300
_KEPT_AFTER_EVENT_S = 60
# KEYS: the history, the mark of an event. ARGV: the history, seconds, seconds beside a mark.
_KEEP = RedisScript("""
local lives = ARGV[2]
if redis.call('EXISTS', KEYS[2]) == 1 then
  lives = math.min(lives, ARGV[3])
end
return redis.call('SET', KEYS[1], ARGV[1], 'EX', lives)
""")
# KEYS: the history. ARGV: the SHA-1 of what was there, what replaces it. It lives no longer.
_REPLACE = RedisScript("""
local there = redis.call('GET', KEYS[1])
if there and redis.sha1hex(there) == ARGV[1] then
  return redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
end
""")
_TOLD = frozenset({*INTERACTION_WEIGHTS, EventType.REFUND})
_MOST_CLIENTS = 20
_outcomes = {
    name: shopper_histories_total.labels(name)
    for name in ("hit", "miss", "unseen", "aside", "failed")
}


def history_key(user_id: str | None, client_id: str | None) -> str | None:
    """Where it is kept; None for somebody without a name."""
    if user_id is not None:
        return f"recs:user:{user_id}"
    return None if client_id is None else f"recs:client:{client_id}"


def history_expiries(entries: Sequence[SessionEntry]) -> list[RedisCommand]:
    """What shortens the life of histories that events have overtaken, or are overtaking."""
    keys: dict[str, None] = {}
    for entry in entries:
        if entry.user_id is not None and entry.type in _TOLD:
            keys[f"recs:user:{entry.user_id}"] = None
        # A user who is seen on a client changes whose its anonymous events are.
        if entry.client_id is not None:
            keys[f"recs:client:{entry.client_id}"] = None
    return [
        RedisCommand(parts)
        for key in keys
        for parts in (
            ("SET", _mark(key), 1, "EX", _KEPT_AFTER_EVENT_S),
            ("EXPIRE", key, _KEPT_AFTER_EVENT_S, "LT"),
        )
    ]


def _mark(key: str) -> str:
    """That an event came within the last minute. No history's own key begins like it."""
    return f"recs-told:{key}"


def kept_history_of(
    user_id: str | None,
    client_id: str | None,
    *,
    answer: object,
    gone: bool,
    as_of: datetime,
    active: bool,
) -> KeptHistory | None:
    """The stored history of a user, or of a client; None: PostgreSQL did not answer either.

    Args:
        user_id: who is logged in; else `client_id` is given.
        client_id: the browser or device.
        answer: what Redis has under `history_key`.
        gone: whether Redis did not answer: then nothing is written to it.
        as_of: aware, now.
        active: whether this visit did something already: more of it may be on its way.
    """
    key, kept = history_key(user_id, client_id), _decoded(answer)
    unseen = user_id is not None and client_id is not None
    unseen = unseen and kept is not None and client_id not in kept.clients
    if kept is not None and not unseen:
        _outcomes["hit"].inc()
        return _solved_anew(kept, answer, key or "", as_of.timestamp())
    lines = _read(user_id, client_id, as_of)
    if lines is None:
        _outcomes["failed"].inc()
        return None
    solved = _solved(recommender_now(), lines, as_of.timestamp())
    kept = KeptHistory(lines, _clients(kept, client_id), solved)
    if gone:
        _outcomes["aside"].inc()
        degraded_total.labels(component="redis", reason="history").inc()
    else:
        _outcomes["unseen" if unseen else "miss"].inc()
        _keep(key or "", kept, active=active)
    return kept


def _keep(key: str, kept: KeptHistory, *, active: bool) -> None:
    lives_s = _KEPT_S if len(kept.lines) else _KEPT_EMPTY_S
    if active:
        lives_s = _KEPT_AFTER_EVENT_S
    arguments = (kept_history_encode(kept), lives_s, _KEPT_AFTER_EVENT_S)
    _post(_KEEP.call((key, _mark(key)), arguments))


def _decoded(answer: object) -> KeptHistory | None:
    if not isinstance(answer, bytes):
        return None
    with suppress(KeptUnreadable):
        return kept_history_decode(answer)
    return None


def _clients(kept: KeptHistory | None, client_id: str | None) -> tuple[str, ...]:
    """Those that were looked at: this one live, the others as `events_identity` has them."""
    before = () if kept is None else kept.clients[1 - _MOST_CLIENTS :]
    return before if client_id is None else (*before, client_id)


def _read(user_id: str | None, client_id: str | None, as_of: datetime) -> DayLines | None:
    def call() -> DayLines:
        if user_id is not None:
            return history_of_user(user_id, client_id=client_id, as_of=as_of)
        return history_of_client(client_id or "", as_of=as_of)

    try:
        return postgresql_call("history", call)
    except PostgresqlGone:
        return None


def _solved_anew(kept: KeptHistory, there: object, key: str, moment: float) -> KeptHistory:
    """The same with factors of the served model, kept from now on."""
    model = recommender_now()
    if model is None or (kept.solved is not None and kept.solved.model == model.card.number):
        return kept
    fresh = KeptHistory(kept.lines, kept.clients, _solved(model, kept.lines, moment))
    if isinstance(there, bytes):
        # Only in place of what was read: somebody may have written a newer history since.
        sha = sha1(there, usedforsecurity=False).hexdigest()
        _post(_REPLACE.call((key,), (sha, kept_history_encode(fresh))))
    return fresh


class _ServedCodes:
    """Where products stand in the served model."""

    def __init__(self) -> None:
        self._last: tuple[Recommender, Places] | None = None

    def of(self, model: Recommender) -> Places:
        last = self._last
        if last is None or last[0] is not model:
            last = self._last = (model, Places(model.product_ids))
        return last[1]


_codes = _ServedCodes()


def _solved(model: Recommender | None, lines: DayLines, moment: float) -> Solved | None:
    """Factors of exactly these lines; None without a model."""
    if model is None:
        return None
    history = history_of(lines)
    cells = cells_of(history, _codes.of(model).of(history.product_ids), moment)
    return Solved(model.card.number, model.factors_solved(cells))


def _post(command: RedisCommand) -> None:
    """Without waiting: what is lost is read again. In full, as nobody sends it again."""
    whole = RedisCommand(command.in_full)

    def post(client: redis.Redis) -> None:
        redis_post(client, [whole], lambda _answers: None)

    redis_try("history", post, None)
