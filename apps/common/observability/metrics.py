"""Metrics that every floor shares. Others stand beside the code they count."""

from prometheus_client import Counter, Histogram

LATENCY_BUCKETS = (
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
)  # fmt: skip

requests_total = Counter(
    "endcap_requests_total", "Requests by route and status.", ["route", "method", "status"]
)
request_duration_seconds = Histogram(
    "endcap_request_duration_seconds",
    "Time to answer, by route.",
    ["route", "method"],
    buckets=LATENCY_BUCKETS,
)
degraded_total = Counter(
    "endcap_degraded_total",
    "Fallbacks taken, by what was missing and why.",
    ["component", "reason"],
)
snapshot_reloads_total = Counter(
    "endcap_snapshot_reloads_total", "In-process snapshots reloaded.", ["name", "outcome"]
)
