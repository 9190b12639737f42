"""What explanations cost: with them against without, and keeping records against not keeping any.

Whole requests as a web worker answers them: WSGI handler, middleware, edge, search, JSON, query
log and record, on the icecat catalogue, warm. Answers are computed, not taken from the cache.
Triples of one query each, in turning order: explanations on, off, and off in a build that keeps
no record; medians of their ratios with a 95 % upper bound by bootstrap. CPU time of the process,
for other work runs beside; wall time is printed too. Kept answers carry
a record's id and nothing else of it. Uses the database `endcap_eval`.
"""

import sys
import time
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.bench_search import ICECAT, _prepare, _queries
from benchmarks.bench_search_experiments import RESAMPLES, _asker

ROUNDS = 600
ON_AT_MOST = 1.3
# "Nothing measurable": what is kept may not raise the median by more than this.
KEEPING_AT_MOST = 1.03
Ask = Callable[..., bytes]


def main() -> int:
    if not ICECAT.exists():
        print(f"skipped: there is no {ICECAT}")
        return 0
    _prepare()
    queries = _queries()
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    from django.conf import settings
    from django.core.signals import request_finished, request_started
    from django.db import close_old_connections, transaction

    # Another thread's connection, or a new one, would not see what this transaction holds.
    settings.ENDCAP_VERSION_POLLER = False
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    with transaction.atomic():
        passed = _measured(queries, rounds)
        transaction.set_rollback(True)
    print("passed" if passed else "MISSED")
    return 0 if passed else 1


def _measured(queries: list[str], rounds: int) -> bool:
    from apps.search.services import begun

    ask = _asker()
    with patch.object(begun, "request_is_shared", return_value=False):
        on, off, bare = _turns(ask, queries, rounds, {"explain": "true"}, {}, None)
        _sizes(ask, queries)
    _print("explanations on", on)
    _print("explanations off", off)
    _print("off, no record kept", bare)
    explained = _bound("on against off", on[:, 0] / off[:, 0], ON_AT_MOST)
    keeping = _bound("off against no record", off[:, 0] / bare[:, 0], KEEPING_AT_MOST)
    return explained <= ON_AT_MOST and keeping <= KEEPING_AT_MOST


def _turns(
    ask: Ask, queries: list[str], rounds: int, *ways: dict[str, str] | None
) -> list[np.ndarray]:
    """For each way float64[rounds, 2]: CPU and wall seconds, interleaved."""
    for query in queries:
        for way in ways:
            _timed(ask, query, way)
    spent: list[list[tuple[float, float]]] = [[] for _ in ways]
    for number in range(rounds):
        query = queries[number % len(queries)]
        for step in range(len(ways)):
            at = (number + step) % len(ways)
            spent[at].append(_timed(ask, query, ways[at]))
    return [np.array(each) for each in spent]


def _timed(ask: Ask, query: str, way: dict[str, str] | None) -> tuple[float, float]:
    from apps.search.services import serving

    if way is not None:
        return _clocked(ask, query, way)
    with patch.object(serving, "record_companion", _nothing_kept):
        return _clocked(ask, query, {})


def _clocked(ask: Ask, query: str, more: dict[str, str]) -> tuple[float, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    ask(query, "c1", **more)
    return time.process_time() - cpu, time.perf_counter() - wall


def _nothing_kept(*_: Any) -> tuple[()]:
    return ()


def _print(name: str, spent: np.ndarray) -> None:
    cpu, wall = np.median(spent, axis=0) * 1000.0
    print(f"{name}: median CPU {cpu:.3f} ms, wall {wall:.3f} ms")


def _bound(name: str, ratios: np.ndarray, most: float) -> float:
    generator = np.random.default_rng(1)
    resampled = generator.choice(ratios, (RESAMPLES, len(ratios)))
    bound = float(np.quantile(np.median(resampled, axis=1), 0.95))
    print(
        f"{name}: median ratio {np.median(ratios):.4f} of {len(ratios)} pairs, 95 % upper bound "
        f"{bound:.4f} (at most {most})"
    )
    return bound


def _sizes(ask: Ask, queries: list[str]) -> None:
    """How many bytes a record takes, and how long making one takes by itself."""
    from apps.search.services import serving
    from apps.search.services.records import record_companion as made

    sizes, spent = [], []

    def measured(*given: Any) -> Any:
        began = time.process_time()
        found = made(*given)
        spent.append(time.process_time() - began)
        sizes.append(len(found[0].packed))
        return found

    with patch.object(serving, "record_companion", measured):
        for query in queries:
            ask(query, "c1")
    made_in = np.median(spent) * 1e6
    print(f"a record: median {np.median(sizes):.0f} bytes, made in {made_in:.0f} µs of CPU")


if __name__ == "__main__":
    sys.exit(main())
