"""What search counts. RED by route and degraded counts stand in common."""

import time
from collections.abc import Iterable
from functools import lru_cache

from prometheus_client import Counter, Histogram

from apps.common.observability.metrics import LATENCY_BUCKETS

searches_total = Counter(
    "endcap_searches_total", "Answered searches, by how keywords matched.", ["keyword"]
)
understood_total = Counter(
    "endcap_search_understood_total",
    "Answered searches, by what the query was for.",
    ["query_class"],
)
corrections_total = Counter(
    "endcap_search_corrections_total", "Answered searches whose spelling was corrected."
)
expansions_total = Counter(
    "endcap_search_expansions_total",
    "Phrases that stood for words of answered searches, by kind.",
    ["kind"],
)
extractions_total = Counter(
    "endcap_search_extractions_total",
    "What queries named, by field and by what it did.",
    ["field", "use"],
)
zero_results_total = Counter(
    "endcap_search_zero_results_total", "Answered searches that found nothing."
)
fallbacks_total = Counter(
    "endcap_search_fallbacks_total",
    "Answered searches in which words did not find everything: words given up (relaxed), words "
    "that are only mentioned (mentioned), by meaning alone (semantic), the category's popular "
    "products (category_popular), nothing.",
    ["step"],
)
search_seconds = Histogram("endcap_search_seconds", "Time inside search.", buckets=LATENCY_BUCKETS)
step_seconds = Histogram(
    "endcap_search_step_seconds",
    "Time of one step of a search.",
    ["step"],
    buckets=LATENCY_BUCKETS,
)
_STEPS = (
    "understand", "keyword", "semantic", "rules", "score", "hydrate", "facets", "present",
)  # fmt: skip
_steps = {name: step_seconds.labels(name) for name in _STEPS}


rules_evaluated_total = Counter(
    "endcap_rules_evaluated_total",
    "Rankings that were made while rules were live, by whether any of them matched.",
    ["outcome"],
)
rules_acting_total = Counter(
    "endcap_rules_acting_total",
    "Answered searches that rules acted on, by consequence: hide, pin, rewrite …",
    ["consequence"],
)
RULES_MATCHED = rules_evaluated_total.labels("matched")
RULES_UNMATCHED = rules_evaluated_total.labels("none")


_COUNTERS = {
    "rule": rules_acting_total,
    "class": understood_total,
    "expansion": expansions_total,
    "extraction": extractions_total,
}


# Classes, kinds, fields and uses: few values, some asked for with every search.
@lru_cache(maxsize=256)
def _child(counter: Counter, *labels: str) -> Counter:
    return counter.labels(*labels)


def understanding_counted(marks: Iterable[tuple[str, ...]]) -> None:
    """Count what was understood, and which rules acted, by their marks."""
    for step, *labels in marks:
        counter = _COUNTERS.get(step)
        if counter is not None:
            _child(counter, *labels).inc()
        else:
            corrections_total.inc()


class step_timed:  # noqa: N801 - used like a function; a generator costs three times as much
    """Observe one step's time, also when it fails."""

    __slots__ = ("_name", "_started")

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(self, *_raised: object) -> None:
        _steps[self._name].observe(time.perf_counter() - self._started)
