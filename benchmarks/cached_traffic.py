"""The simulator's searches, without its events: how many find their answer kept."""

import time
from uuid import uuid4

import msgspec
import numpy as np
from django.utils import timezone
from numpy.random import PCG64, Generator, SeedSequence
from prometheus_client import REGISTRY

from apps.common.redis import redis_client
from apps.demo.contracts import ShopperConfig
from apps.demo.domain.queries import typo_make, zipf_shares
from apps.demo.services.simulation import PER_PAGE
from apps.demo.services.simulation_queries import demo_queries
from apps.events.contracts import EventType
from apps.events.contracts_sessions import SessionEntry
from apps.events.domain.sessions import session_key
from apps.search.contracts import SearchRequest
from apps.search.contracts_asker import Asker
from apps.search.domain.cache_key import PREFIX
from apps.search.services.answer import search_answer

SHOPPERS = 2000


# Searches of one visit.
VISIT = 3


def hit_share(searches: int, seed: int = 7, looks: float = 0.0) -> float:
    """The share of hits, from an empty cache.

    Queries, shares and typing errors as `simulate` draws them; shoppers' names too, so that
    running experiments split answers by arm as they would there.

    Args:
        searches: how many, in visits of three, each of a shopper without a history.
        seed: of all that is drawn.
        looks: the chance that a search leads to a look at its first hit; what comes after it in
            the visit follows it.
    """
    for key in redis_client().scan_iter(f"{PREFIX}*"):
        redis_client().delete(key)
    queries, config = demo_queries(), ShopperConfig()
    shares = zipf_shares(len(queries), config.zipf_exponent)
    run = uuid4().hex
    before, misses = _counted("hit"), _counted("miss")
    for number in range(searches):
        rng = Generator(PCG64(SeedSequence([seed, 4, number])))
        shopper = f"shopper-{int(rng.integers(SHOPPERS)):05d}"
        query = queries[int(rng.choice(len(queries), p=shares))]
        mistyped = rng.random() < config.typo_chance
        request = SearchRequest(
            query=typo_make(rng, query.text) if mistyped else query.text,
            per_page=PER_PAGE,
            explain=True,
            asker=_visitor(run, number) if looks else _known(shopper),
            logged=False,
        )
        answer = search_answer(request=request, as_of=timezone.now())
        if answer.hits and rng.random() < looks:
            _look(request.asker, answer.hits[0].document.product_id)
    hits, missed = _counted("hit") - before, _counted("miss") - misses
    print(f"{len(queries)} different queries, {int(missed)} of them asked and computed")
    return float(np.divide(hits, searches))


def _known(shopper: str) -> Asker:
    return Asker(user_id=shopper, client_id=f"client-{shopper}")


def _visitor(run: str, number: int) -> Asker:
    """In a visit of this run."""
    return Asker(session_id=f"{run}-{number // VISIT}")


def _look(asker: Asker, product_id: str) -> None:
    """In Redis alone: the benchmark stores no events."""
    entry = SessionEntry(EventType.VIEW, time.time(), product_id, id=uuid4().bytes)
    name = session_key(asker.session_id or "")
    client = redis_client()
    client.lpush(name, msgspec.msgpack.encode(entry))
    client.expire(name, 60)


def _counted(outcome: str) -> float:
    found = REGISTRY.get_sample_value("endcap_search_cache_requests_total", {"outcome": outcome})
    return found or 0.0
