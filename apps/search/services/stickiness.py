"""First assignments of sticky experiments: what a search reads of them, and what it remembers."""

from collections.abc import Mapping, Sequence

import redis

from apps.common.redis import redis_try
from apps.experiments.contracts.assignment import Json
from apps.experiments.services.sticky import (
    NOTHING_KNOWN,
    Hashes,
    StickyKnown,
    sticky_keys,
    sticky_known,
)
from apps.search.contracts import SearchRequest

SURFACE = "search"
UNITS = ("user_id", "client_id", "session_id")


def stored_keys(units: Mapping[str, str | None]) -> Sequence[str]:
    """The Redis hashes that a request of these units needs; none without stored stickiness."""
    attributes: dict[str, Json] = {name: units.get(name) for name in UNITS if units.get(name)}
    return sticky_keys(surface=SURFACE, attributes=attributes)


def stored_read(units: Mapping[str, str | None]) -> Hashes:
    """The same hashes for a page that no edge reads them for; one round trip, or none."""
    return hashes_read(stored_keys(units))


def hashes_read(keys: Sequence[str]) -> Hashes:
    """Hashes of first assignments, whichever surface asks for them."""
    if not keys:
        return {}

    def call(client: redis.Redis) -> Hashes:
        pipeline = client.pipeline(transaction=False)
        for key in keys:
            pipeline.hgetall(key)
        return {
            key: {name.decode(): value.decode() for name, value in found.items()}
            for key, found in zip(keys, pipeline.execute(), strict=True)
        }

    found, answered = redis_try("sticky", call, None)
    return found if answered else None


def known_of(request: SearchRequest, attributes: Mapping[str, Json]) -> StickyKnown:
    """What is known of the request's units; nothing is asked of Redis here."""
    keys = sticky_keys(surface=SURFACE, attributes=attributes)
    if not keys and not request.sticky:
        return NOTHING_KNOWN
    return sticky_known(
        hashes=request.stored, keys=keys, token=request.sticky, attributes=attributes
    )
