"""Kept answers in Redis: asked for, waited for, kept. Redis gone: there are none.

Whoever finds none leads: computes, and keeps. Whoever finds that another leads looks a few times
more, then computes as well: a leader that died costs that long and no more.
"""

import time
from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

import redis
import structlog
from prometheus_client import Counter

from apps.common.contracts import RedisCommand
from apps.common.redis import redis_try
from apps.common.redis_exchange import RedisScript, redis_exchange
from apps.common.stamps import STAMP_KEY

logger = structlog.get_logger(__name__)
KEEP_S = 300
# A leader has so long until another one takes over.
LEAD_MS = 1_000
# So long the others wait, looking so often.
PATIENCE_S = 0.2
_LOOK_EVERY_S = 0.01
# What is longer is not worth its memory: a hundred hits with their explanations are not kept.
MOST_BYTES = 512 * 1024

cache_requests_total = Counter(
    "endcap_search_cache_requests_total",
    "Searches by how the cache of answers took part: hit, shared (waited for another), miss, "
    "stale, aside (not to be shared), gone (no Redis).",
    ["outcome"],
)
# A mark that is gone (a new Redis, one that was emptied) begins anew, as none was before.
_ASK = RedisScript("""
local stamp = redis.call('GET', KEYS[3])
if not stamp then
  local now = redis.call('TIME')
  stamp = now[1] .. '.' .. now[2]
  redis.call('SET', KEYS[3], stamp)
end
local kept = redis.call('GET', KEYS[1])
if kept then
  return {stamp, kept}
end
if ARGV[1] == '1' and redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[2]) then
  return {stamp, 1}
end
return {stamp, 0}
""")


class Absent(IntEnum):
    """What Redis says where nothing is kept."""

    FOLLOWS = 0
    LEADS = 1


Found = bytes | Absent | None


class Told(NamedTuple):
    """What Redis says of an answer.

    Attributes:
        found: the kept bytes, who leads, or None: it did not answer.
        stamp: where the mark of all changes stands; empty: it did not answer.
    """

    found: Found
    stamp: bytes = b""


UNTOLD = Told(None)


def kept_ask(key: str, *, leading: bool = True) -> RedisCommand:
    """The command that asks for a kept answer; `told_read` reads its answer.

    Args:
        key: of the answer.
        leading: whether the caller is going to compute it, if it is the first to ask.
    """
    return _ASK.call([key, _lead_key(key), STAMP_KEY], [1 if leading else 0, LEAD_MS])


def told_read(answer: object) -> Told:
    """What Redis answered; `UNTOLD` where it did not."""
    if not isinstance(answer, list):
        return UNTOLD
    stamp, found = answer
    if isinstance(found, bytes):
        return Told(found, stamp)
    return Told(Absent.LEADS if found == 1 else Absent.FOLLOWS, stamp)


def kept_found(key: str, *, leading: bool = True) -> Told:
    """The same with a round trip of its own."""
    return kept_found_beside(key, (), leading=leading)[0]


def kept_found_beside(
    key: str, beside: Sequence[RedisCommand], *, leading: bool = True
) -> tuple[Told, Sequence[object]]:
    """The same, with the answers to further commands; none where Redis did not answer.

    Args:
        key: of the answer; empty: nothing is asked of it.
        beside: what else is read in that round trip.
        leading: whether the caller is going to compute it, if it is the first to ask.
    """
    asked = [kept_ask(key, leading=leading)] if key else []
    commands = [*asked, *beside]
    if not commands:
        return UNTOLD, ()

    def call(client: redis.Redis) -> Sequence[object]:
        return redis_exchange(client, commands)

    nothing: Sequence[object] = ()
    answers, answered = redis_try("search_cache", call, nothing)
    if not answered:
        return UNTOLD, ()
    return (told_read(answers[0]) if asked else UNTOLD), answers[len(asked) :]


def kept_awaited(key: str) -> bytes | None:
    """What the leader of another process keeps in a while.

    None: it took too long, or gave up; then the caller leads, or computes beside it.
    """
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        time.sleep(_LOOK_EVERY_S)
        found = kept_found(key).found
        if isinstance(found, bytes):
            return found
        if found is not Absent.FOLLOWS:
            return None
    return None


def kept_commands(key: str, packed: bytes | None) -> tuple[RedisCommand, ...]:
    """What keeps an answer, if there is one to keep, and ends the lead."""
    if packed is None or len(packed) > MOST_BYTES:
        return lead_given_up(key)
    return (RedisCommand(("SET", key, packed, "EX", KEEP_S)), *lead_given_up(key))


def lead_given_up(key: str) -> tuple[RedisCommand, ...]:
    """The others need not wait any more."""
    return (RedisCommand(("DEL", _lead_key(key))),)


def commands_send(commands: tuple[RedisCommand, ...]) -> None:
    """With a round trip of their own; Redis gone, nothing is kept."""
    redis_try("search_cache", lambda client: redis_exchange(client, commands), None)


def _lead_key(key: str) -> str:
    return f"{key}:lead"
