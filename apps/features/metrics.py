"""What the store is asked, what it finds, and how old it is."""

from prometheus_client import Counter, Gauge, Histogram

from apps.common.observability.metrics import LATENCY_BUCKETS

feature_requests_total = Counter(
    "feature_requests_total", "Reads of the feature store.", ["entity"]
)
feature_request_seconds = Histogram(
    "feature_request_seconds",
    "Time of a read, from Redis' answer to values.",
    ["entity"],
    buckets=LATENCY_BUCKETS,
)
feature_values_total = Counter(
    "feature_values_total",
    "Values read, by where they were: online (a hit), matrix, offline or computed (fallbacks), "
    "missing.",
    ["feature", "source"],
)
feature_fallback_computations_total = Counter(
    "feature_fallback_computations_total",
    "Values that had to be computed because no store had them.",
    ["feature"],
)
feature_staleness_seconds = Gauge(
    "feature_staleness_seconds",
    "Age of a feature's latest values, as each refresh and each look at /readyz finds it.",
    ["feature"],
    multiprocess_mode="mostrecent",
)
feature_failures_total = Counter(
    "feature_failures_total", "Computations that failed; the values before stay.", ["feature"]
)
feature_inconsistent_values = Gauge(
    "feature_inconsistent_values",
    "Values of the last check that differ between online and offline, before they were repaired.",
    ["feature"],
    multiprocess_mode="mostrecent",
)
