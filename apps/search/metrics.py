"""What search counts. RED by route and degraded counts stand in common."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Histogram

from apps.common.observability.metrics import LATENCY_BUCKETS

searches_total = Counter(
    "endcap_searches_total", "Answered searches, by how keywords matched.", ["keyword"]
)
zero_results_total = Counter(
    "endcap_search_zero_results_total", "Answered searches that found nothing."
)
search_seconds = Histogram("endcap_search_seconds", "Time inside search.", buckets=LATENCY_BUCKETS)
step_seconds = Histogram(
    "endcap_search_step_seconds",
    "Time of one step of a search.",
    ["step"],
    buckets=LATENCY_BUCKETS,
)
_steps = {
    name: step_seconds.labels(name)
    for name in ("understand", "keyword", "semantic", "score", "hydrate", "facets", "present")
}


@contextmanager
def step_timed(name: str) -> Iterator[None]:
    """Observe one step's time, also when it fails."""
    started = time.perf_counter()
    try:
        yield
    finally:
        _steps[name].observe(time.perf_counter() - started)
