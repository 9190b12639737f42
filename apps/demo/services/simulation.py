"""Shoppers over HTTP: search, look, click, buy, through the same API as everybody's shop."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
import urllib3
from numpy.random import PCG64, Generator, SeedSequence

from apps.demo.contracts import Effect, FloatArray, ShopperConfig
from apps.demo.domain.browsing import Asked, SeenHit, answer_events, effect_of, hits_play
from apps.demo.domain.planted import effect_of_answer, effects_combined
from apps.demo.domain.queries import Query, typo_make, zipf_shares

TIMEOUT_S = 10.0
PER_PAGE = 20
MOST_WORKERS = 8
NO_RELEVANCE = 0.5
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SimulationPlan:
    """What is played.

    Attributes:
        base_url: of the web process, without a path.
        key: an API key with search:read and events:write.
        rate: searches a second, over all shoppers.
        seconds: how long; it ends in time even when the server is slow.
        shoppers: size of the population.
        effects: arm → effect; the empty arm is everybody.
    """

    base_url: str
    key: str = field(repr=False)
    rate: float
    seconds: float
    shoppers: int
    seed: int
    effects: Mapping[str, Effect] = field(default_factory=dict)


@dataclass(slots=True)
class SimulationSummary:
    """What happened.

    Attributes:
        counts: events acknowledged by the server, by type.
        errors: answers that were no success, by status (0: no answer).
        latencies_ms: of searches.
        seconds: wall-clock time.
    """

    searches: int = 0
    empty: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    errors: Counter[int] = field(default_factory=Counter)
    latencies_ms: list[float] = field(default_factory=list)
    revenue: float = 0.0
    seconds: float = 0.0

    @property
    def events(self) -> int:
        """Events that the server has acknowledged."""
        return sum(self.counts.values())

    def latency(self, percent: float) -> float:
        """A percentile of the searches' latencies; nan when there were none."""
        return float(np.percentile(self.latencies_ms, percent)) if self.latencies_ms else np.nan


class HttpFailure(Exception):
    """An answer that is no success; `status` 0 means that there was none."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


def simulation_run(
    *, plan: SimulationPlan, queries: Sequence[Query], config: ShopperConfig, say: Say
) -> SimulationSummary:
    """Play until the time is over; searches start at the rate, whatever the server does.

    Searches that are due while all workers wait for answers are left out, so that a slow
    server gets a lower rate and never a growing queue.
    """
    player = _Player(plan, queries, config)
    started = time.monotonic()
    due = max(1, int(plan.rate * plan.seconds))
    slots = threading.BoundedSemaphore(MOST_WORKERS)
    told = started
    with ThreadPoolExecutor(MOST_WORKERS) as pool:
        for number in range(due):
            wait = started + number / plan.rate - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            if time.monotonic() - started > plan.seconds:
                break
            if slots.acquire(timeout=1.0):
                pool.submit(player.play, number).add_done_callback(lambda _: slots.release())
            if time.monotonic() - told > 5.0:
                told = time.monotonic()
                say(f"  {player.summary.searches} searches, {player.summary.events} events")
    player.summary.seconds = time.monotonic() - started
    return player.summary


class _Player:
    """Plays single searches, from any thread."""

    def __init__(
        self, plan: SimulationPlan, queries: Sequence[Query], config: ShopperConfig
    ) -> None:
        self._plan = plan
        self._queries = queries
        self._shares: FloatArray = zipf_shares(len(queries), config.zipf_exponent)
        self._config = config
        self._http = urllib3.PoolManager(
            maxsize=MOST_WORKERS, block=True, timeout=TIMEOUT_S, retries=False
        )
        self._lock = threading.Lock()
        self.summary = SimulationSummary()

    def play(self, number: int) -> None:
        """The number-th search and what follows; its draws depend on seed and number only."""
        rng = Generator(PCG64(SeedSequence([self._plan.seed, 4, number])))
        try:
            self._play(rng)
        except HttpFailure as failure:
            with self._lock:
                self.summary.errors[failure.status] += 1

    def _play(self, rng: Generator) -> None:
        shopper = f"shopper-{int(rng.integers(self._plan.shoppers)):05d}"
        query = self._queries[int(rng.choice(len(self._queries), p=self._shares))]
        mistyped = rng.random() < self._config.typo_chance
        text = typo_make(rng, query.text) if mistyped else query.text
        session = f"simulated-{int(rng.integers(1 << 40)):010x}"
        who = {"user_id": shopper, "client_id": f"client-{shopper}", "session_id": session}
        started = time.monotonic()
        answer = self._call(
            "GET",
            "/api/v1/search",
            fields={"q": text, "per_page": str(PER_PAGE), "explain": "true", **who},
        )
        latency_ms = (time.monotonic() - started) * 1000
        hits = [_seen(hit, query) for hit in answer["hits"]]
        with self._lock:
            self.summary.searches += 1
            self.summary.empty += not hits
            self.summary.latencies_ms.append(latency_ms)
        asked_for = effect_of(
            dict(self._plan.effects), [str(one.get("variant")) for one in answer["experiments"]]
        )
        planted = effect_of_answer(answer["experiments"])
        effect = Effect(*effects_combined((asked_for, planted)))
        played = hits_play(rng, hits, shopper_id=shopper, config=self._config, effect=effect)
        asked = Asked(query=text, query_id=answer["query_id"], **who)
        self._tell(answer_events(rng, asked, hits, played, now=datetime.now(UTC)))

    def _tell(self, events: list[dict[str, object]]) -> None:
        self._call("POST", "/api/v1/events", body=msgspec.json.encode(events))
        with self._lock:
            self.summary.counts.update(str(event["type"]) for event in events)
            self.summary.revenue += sum(
                float(str(event["value"])) for event in events if event["type"] == "purchase"
            )

    def _call(
        self,
        method: str,
        path: str,
        *,
        fields: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> dict[str, Any]:
        headers = {"X-API-Key": self._plan.key, "Content-Type": "application/json"}
        try:
            answer = self._http.request(
                method, self._plan.base_url + path, fields=fields, body=body, headers=headers
            )
        except urllib3.exceptions.HTTPError as error:
            raise HttpFailure(0) from error
        if answer.status >= 400 or answer.status == 207:
            raise HttpFailure(answer.status)
        decoded: dict[str, Any] = msgspec.json.decode(answer.data)
        return decoded


def _seen(hit: Mapping[str, Any], query: Query) -> SeenHit:
    breakdown = (hit.get("explanation") or {}).get("score_breakdown", {})
    freshness = breakdown.get("freshness_score")
    missed = (bool(query.brand) and query.brand != hit["brand"]) + (
        bool(query.colour) and query.colour != hit["attributes"].get("color")
    )
    return SeenHit(
        product_id=hit["product_id"],
        position=hit["position"],
        category=hit["category"] or "",
        brand=hit["brand"] or "",
        price=float(hit["price"]),
        sale_price=None if hit["sale_price"] is None else float(hit["sale_price"]),
        currency=hit["currency"],
        freshness=NO_RELEVANCE if freshness is None else float(freshness),
        relevance=1.0 - 0.4 * missed,
    )
