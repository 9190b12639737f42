"""Kept answers in Redis: asked for, waited for, kept. Redis gone: there are none.

Whoever finds none leads: computes, and keeps. Whoever finds that another leads looks a few times
more, then computes as well: a leader that died costs that long and no more.
"""

import time
from enum import IntEnum

import redis
import structlog
from prometheus_client import Counter

from apps.common.contracts import RedisCommand
from apps.common.redis import redis_try
from apps.common.redis_exchange import RedisScript, redis_exchange

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
_ASK = RedisScript("""
local kept = redis.call('GET', KEYS[1])
if kept then
  return kept
end
if ARGV[1] == '1' and redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[2]) then
  return 1
end
return 0
""")


class Absent(IntEnum):
    """What Redis says where nothing is kept."""

    FOLLOWS = 0
    LEADS = 1


Found = bytes | Absent | None


def kept_ask(key: str, *, leading: bool = True) -> RedisCommand:
    """The command that asks for a kept answer; `found_read` reads its answer.

    Args:
        key: of the answer.
        leading: whether the caller is going to compute it, if it is the first to ask.
    """
    return _ASK.call([key, _lead_key(key)], [1 if leading else 0, LEAD_MS])


def found_read(answer: object) -> Found:
    """What Redis answered: the kept bytes, who leads, or None: it did not answer."""
    if answer is None or isinstance(answer, bytes):
        return answer
    return Absent.LEADS if answer == 1 else Absent.FOLLOWS


def kept_found(key: str, *, leading: bool = True) -> Found:
    """The same with a round trip of its own."""
    command = kept_ask(key, leading=leading)

    def call(client: redis.Redis) -> object:
        return redis_exchange(client, [command])[0]

    answer, answered = redis_try("search_cache", call, None)
    return found_read(answer) if answered else None


def kept_awaited(key: str) -> bytes | None:
    """What the leader of another process keeps in a while.

    None: it took too long, or gave up; then the caller leads, or computes beside it.
    """
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        time.sleep(_LOOK_EVERY_S)
        found = kept_found(key)
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
