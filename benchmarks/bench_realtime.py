"""From an event to the ranking, over HTTP under granian, and what following a visit costs.

- *Visible*: a visit searches, tells of a view and searches again, at once. How many searches it
  takes until `session_boost` is in the weights (one: the very next), and the time from the
  event's acknowledgement to the end of that search.
- *Cost*: the same computed search by a visit that has looked at things and by nobody; every
  request asks for a price limit of its own, so that nothing is kept. One client, turn by turn,
  the time of each pair's requests; the median of their ratios.
- *Kept*: of the simulator's searches (see bench_cached), in visits that look at a hit after
  some of their searches, the share that finds its answer kept.
"""

import json
import statistics
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from benchmarks.bench_cached import _prepare, _web
from benchmarks.bench_search import ICECAT

QUERIES = ("wireless mouse", "laptop bag", "gaming headset", "usb hub", "inkjet printer")
ROUNDS = 40
PAIRS = 160
# A session holds 200 entries, searches among them: then its looks are forgotten.
IN_ONE_VISIT = 80
PATIENCE = 20
MOST_COST = 1.5
SIMULATED = 1_000
Answer = dict[str, Any]


def main() -> int:
    if not ICECAT.exists():
        print(f"skipped: there is no {ICECAT}")
        return 0
    _prepare()
    with _key() as key, _web() as port:
        api = _Api(port, key)
        counts = _visible(api)
        cost = _cost(api)
    _kept_shares()
    passed = max(counts) == 1 and cost <= MOST_COST
    print("passed" if passed else "MISSED")
    return 0 if passed else 1


@contextmanager
def _key() -> Iterator[str]:
    from apps.access.contracts import Scope
    from apps.access.services import api_key_create, api_key_revoke

    scopes = [Scope.SEARCH_READ, Scope.EVENTS_WRITE]
    issued = api_key_create(name="benchmark", scopes=scopes, rate_per_minute=10**8)
    try:
        yield issued.secret_once
    finally:
        api_key_revoke(key_id=issued.key.id, actor=None)


class _Api:
    """One client of the web process."""

    def __init__(self, port: int, key: str) -> None:
        self._base = f"http://127.0.0.1:{port}/api/v1"
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def search(self, **asked: object) -> dict[str, object]:
        found: dict[str, object] = json.loads(
            self._call("/search?" + urllib.parse.urlencode(asked))
        )
        return found

    def view(self, product_id: str, visit: str) -> None:
        event = {
            "type": "view",
            "product_id": product_id,
            "session_id": visit,
            "client_id": visit,
            "occurred_at": datetime.now(UTC).isoformat(),
        }
        self._call("/events", json.dumps({"events": [event]}).encode())

    def _call(self, path: str, body: bytes | None = None) -> bytes:
        request = urllib.request.Request(self._base + path, data=body, headers=self._headers)  # noqa: S310 - an address of ours
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - the same
            answer: bytes = response.read()
        return answer


def _visible(api: _Api) -> list[int]:
    """Searches until the view shows, of each round."""
    counts, times = [], []
    for number in range(ROUNDS):
        visit, query = str(uuid4()), QUERIES[number % len(QUERIES)]
        asked = {"q": query, "session_id": visit, "client_id": visit}
        api.view(_ids(api.search(**asked))[-1], visit)
        acknowledged, tries = time.perf_counter(), 1
        while not _follows(api.search(**asked)) and tries < PATIENCE:
            tries += 1
        times.append((time.perf_counter() - acknowledged) * 1000.0)
        counts.append(tries)
    print(
        f"event acknowledged to its search answered: median {statistics.median(times):.1f} ms, "
        f"longest {max(times):.1f} ms; searches until it shows: {min(counts)} to {max(counts)}"
    )
    return counts


def _cost(api: _Api) -> float:
    """How many times as long a search takes that follows a visit."""
    ratios: list[float] = []
    lasted: dict[str, list[float]] = {"follows": [], "nobody": []}
    for number in range(PAIRS):
        if number % IN_ONE_VISIT == 0:
            visit = _visit_made(api)
        turns = [("follows", {"session_id": visit, "client_id": visit}), ("nobody", {})]
        pair: dict[str, float] = {}
        for name, who in turns if number % 2 else reversed(turns):
            # Another limit each: the second of a pair must not find the first one's answer.
            limit = f"0..{100_000 + 2 * number + (name == 'follows')}"
            asked = {"q": QUERIES[number % len(QUERIES)], "filter[price]": limit}
            began = time.perf_counter()
            answer = api.search(**asked, **who)
            pair[name] = time.perf_counter() - began
            if answer["degraded"]:
                break
            if _follows(answer) is not (name == "follows"):
                sys.exit(f"{name}: the weights are {answer['weights']}")
        else:
            ratios.append(pair["follows"] / pair["nobody"])
            for name, seconds in pair.items():
                lasted[name].append(seconds)
    ratio = statistics.median(ratios)
    medians = {name: statistics.median(each) * 1000.0 for name, each in lasted.items()}
    print(
        f"following a visit: {ratio:.2f} of the same search for nobody "
        f"({medians['follows']:.2f} ms to {medians['nobody']:.2f} ms, {len(ratios)} of {PAIRS} "
        f"pairs without anything missing; at most {MOST_COST})"
    )
    return ratio


def _visit_made(api: _Api) -> str:
    """A visit that has looked at as many products as count."""
    visit = str(uuid4())
    for query in QUERIES:
        for product_id in _ids(api.search(q=query))[:4]:
            api.view(product_id, visit)
    return visit


def _kept_shares() -> None:
    from benchmarks.cached_traffic import hit_share

    for looks in (0.0, 0.2, 0.4):
        share = hit_share(SIMULATED, looks=looks)
        print(f"kept, where {looks:.0%} of searches lead to a look: {share:.1%} of {SIMULATED}")


def _ids(answer: Answer) -> list[str]:
    return [hit["product_id"] for hit in answer["hits"]]


def _follows(answer: Answer) -> bool:
    return "session_boost" in answer["weights"]["weights"]


if __name__ == "__main__":
    sys.exit(main())
