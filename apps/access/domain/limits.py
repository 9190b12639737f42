"""The rate limit: a sliding window of one minute kept in two counters."""

import math
from dataclasses import dataclass
from ipaddress import ip_network

from apps.access.contracts import Principal, RateVerdict
from apps.access.domain.networks import address_parse

WINDOW_S = 60.0
# A public key as a whole may be used this many times as often as from one address.
PUBLIC_CEILING = 100
_IPV6 = 6


@dataclass(frozen=True, slots=True)
class WindowCount:
    """What is remembered of one caller.

    Attributes:
        window: number of the minute since 1970.
        count: requests let through in it.
        previous: requests let through in the minute before.
    """

    window: int = 0
    count: int = 0
    previous: int = 0


def window_take(
    state: WindowCount, *, now_s: float, limit: int
) -> tuple[WindowCount, RateVerdict]:
    """Let one request through, or say how long to wait.

    The load of the last 60 seconds is estimated as this minute's count plus the previous
    minute's, weighted by how much of it is still inside the window. So at most `limit` pass
    in any clock minute, and a burst on both sides of a minute's edge is refused too. A
    refused request is not counted. `LIMIT_SCRIPT` is the same in Lua.

    Args:
        state: what the last call returned.
        now_s: seconds since 1970.
        limit: requests a minute, at least 1.

    Source: Cloudflare, "How we built rate limiting capable of scaling to millions of
    domains" (2017), sliding window counter.
    """
    window = int(now_s // WINDOW_S)
    passed = now_s / WINDOW_S - window
    if window == state.window + 1:
        state = WindowCount(window, 0, state.count)
    elif window != state.window:
        state = WindowCount(window, 0, 0)
    load = state.previous * (1.0 - passed) + state.count
    if load + 1.0 <= limit:
        taken = WindowCount(window, state.count + 1, state.previous)
        return taken, RateVerdict(allowed=True, remaining=math.floor(limit - load - 1.0))
    wait_s = _wait(count=state.count, previous=state.previous, passed=passed, limit=limit)
    return state, RateVerdict(allowed=False, remaining=0, retry_after_s=wait_s, limit=limit)


def _wait(*, count: int, previous: int, passed: float, limit: int) -> float:
    """Seconds until the estimate has room for one more, if nothing else is let through."""
    if count < limit:
        # previous * (1 - p) + count + 1 = limit
        return (1.0 - (limit - 1.0 - count) / previous - passed) * WINDOW_S
    # Full: into the next minute, where this one's count is the previous.
    return (1.0 - passed + 1.0 - (limit - 1.0) / count) * WINDOW_S


LIMIT_SCRIPT = """
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) + tonumber(time[2]) / 1000000
end
local window = math.floor(now / 60)
local passed = now / 60 - window
local left = nil
local taken = {}
for place, key in ipairs(KEYS) do
  local limit = tonumber(ARGV[place + 1])
  local held = redis.call('HMGET', key, 'w', 'c', 'p')
  local count, previous = tonumber(held[2]) or 0, tonumber(held[3]) or 0
  local seen = tonumber(held[1]) or 0
  if window == seen + 1 then
    previous, count = count, 0
  elseif window ~= seen then
    previous, count = 0, 0
  end
  local load = previous * (1 - passed) + count
  if load + 1 > limit then
    local wait
    if count < limit then
      wait = (1 - (limit - 1 - count) / previous - passed) * 60
    else
      wait = (1 - passed + 1 - (limit - 1) / count) * 60
    end
    return {0, 0, string.format('%.6f', wait), limit}
  end
  taken[place] = {count + 1, previous}
  local room = math.floor(limit - load - 1)
  if not left or room < left then left = room end
end
for place, key in ipairs(KEYS) do
  redis.call('HSET', key, 'w', window, 'c', taken[place][1], 'p', taken[place][2])
  redis.call('EXPIRE', key, 120)
end
return {1, left, '0', 0}
"""
"""KEYS: what is counted, each with its limit. ARGV: seconds since 1970 (empty: Redis's own
clock, one for all machines), then the limits. All have room, or none is counted. Answers
{allowed, remaining, seconds to wait, the limit that refused}."""


def limits_of(principal: Principal, client_ip: str | None) -> tuple[tuple[str, int], ...]:
    """What one request is counted under, each with its limit, the narrowest first.

    A storefront key stands in every shopper's page: its limit is each address's own, and the
    key as a whole has a ceiling, so that one script cannot take everybody's turn.

    Args:
        principal: who calls.
        client_ip: the caller's address; callers without one share one count.
    """
    whole = principal.limit_id
    if not principal.public:
        return ((whole, principal.rate_per_minute),)
    return (
        (f"{whole}:{address_block(client_ip)}", principal.rate_per_minute),
        (whole, principal.rate_per_minute * PUBLIC_CEILING),
    )


def address_block(client_ip: str | None) -> str:
    """Whom an address stands for: itself, or its /64, which is one household's, for IPv6."""
    address = address_parse(client_ip or "")
    if address is None:
        return "-"
    if address.version == _IPV6:
        return str(ip_network((address, 64), strict=False).network_address)
    return str(address)
