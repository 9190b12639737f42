"""What debugging counts; explanations are counted by ranking, which all surfaces share."""

from prometheus_client import Counter

debug_requests = Counter(
    "debug_requests",  # the client library adds `_total`
    "Answered requests of the debug route and of the debug dashboard.",
)
