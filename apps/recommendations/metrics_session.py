"""What following a visit counts."""

from prometheus_client import Counter

session_based_boosts_total = Counter(
    "session_based_boosts_total",
    "Rankings in which what the visit had to do with was added to scores.",
)
