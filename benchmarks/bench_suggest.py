"""Suggestions against searches: every prefix of every judged icecat query, as it would be typed.

Each prefix is answered once a pass, and beside every few of them one whole search runs, in
turns, in one process, no answer kept by a cache. In the first pass suggestions read their
products from PostgreSQL, in the second they have them in memory; searches read in both. Prints
where suggestions spend their time by length of the prefix. Uses the database `endcap_eval`.
"""

import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable

import numpy as np

from benchmarks.bench_search import ICECAT, _prepare, _queries

AT_MOST = 0.3
# One search beside so many prefixes: every judged query more than twice.
BESIDE = 4
_LONGEST_ALONE = 4


def main() -> int:
    if not ICECAT.exists():
        print(f"skipped: there is no {ICECAT}")
        return 0
    _prepare()
    ratio = _measured(_queries())
    print("passed" if ratio <= AT_MOST else "MISSED")
    return 0 if ratio <= AT_MOST else 1


def _measured(queries: list[str]) -> float:
    """The worse ratio of the two passes: after every change of the catalogue the first comes."""
    from apps.search.contracts import SearchRequest
    from apps.search.domain.suggesting.items import SuggestRequest
    from apps.search.services.core import search_core
    from apps.search.services.suggest import suggest_answer

    def search(query: str) -> None:
        search_core(SearchRequest(query=query, logged=False))

    def suggest(prefix: str) -> int:
        return len(suggest_answer(request=SuggestRequest(prefix)).items)

    for query in queries:
        search(query)
    suggest("")
    ratios: list[float] = []
    for name in ("products never suggested before", "products suggested before"):
        print(f"{name}:")
        ratios.append(_pass(queries, search, suggest))
    return max(ratios)


def _pass(
    queries: list[str], search: Callable[[str], object], suggest: Callable[[str], object]
) -> float:
    prefixes = [query[:end] for query in queries for end in range(1, len(query) + 1)]
    spent: dict[str, list[float]] = {"suggest": [], "search": []}
    by_length: dict[int, list[float]] = defaultdict(list)
    empty = 0
    for at, prefix in enumerate(prefixes):
        took, found = _timed(suggest, prefix)
        spent["suggest"].append(took)
        by_length[min(len(prefix), _LONGEST_ALONE)].append(took)
        empty += not found
        if at % BESIDE == 0:
            took, _ = _timed(search, queries[at // BESIDE % len(queries)])
            spent["search"].append(took)
    _told(spent, by_length, empty, len(prefixes))
    p95 = {name: float(np.quantile(times, 0.95)) for name, times in spent.items()}
    ratio = p95["suggest"] / p95["search"]
    print(f"p95 of suggestions / p95 of searches: {ratio:.2f} (at most {AT_MOST})")
    return ratio


def _told(
    spent: dict[str, list[float]], by_length: dict[int, list[float]], empty: int, prefixes: int
) -> None:
    for name, times in spent.items():
        p50, p95, p99 = np.quantile(times, [0.5, 0.95, 0.99])
        print(f"{name}: {len(times)} times, p50 {p50:.2f} p95 {p95:.2f} p99 {p99:.2f} ms")
    for length, times in sorted(by_length.items()):
        more = " and more" if length == _LONGEST_ALONE else ""
        p50, p95 = np.quantile(times, [0.5, 0.95])
        print(f"  prefixes of {length}{more} letters: p50 {p50:.2f} p95 {p95:.2f} ms")
    print(f"prefixes without any suggestion: {empty} of {prefixes}")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def _timed(run: Callable[[str], object], text: str) -> tuple[float, object]:
    started = time.perf_counter()
    found = run(text)
    return (time.perf_counter() - started) * 1000.0, found


if __name__ == "__main__":
    sys.exit(main())
