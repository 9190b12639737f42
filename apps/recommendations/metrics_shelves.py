"""Figures of shelves that were answered."""

from prometheus_client import Counter, Histogram

requests_total = Counter(
    "endcap_recommendation_requests_total",
    "Answered recommendations by placement, and whether anything of the shopper's own counted.",
    ["placement", "personalised"],
)
fallbacks_total = Counter(
    "endcap_recommendation_fallbacks_total",
    "Shelves that their strategies left short, by placement and by what filled them.",
    ["placement", "fallback"],
)
shelf_seconds = Histogram(
    "endcap_recommendation_seconds",
    "Time inside an answer, by placement.",
    ["placement"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0),
)
