"""Which weights requests were ranked by, as metrics say it."""

from prometheus_client import Counter, Gauge

from apps.ranking_weights.contracts import GLOBAL_SUBJECT

# So many sets have a label of their own; requests of further ones are counted together.
MOST_LABELS = 200
OTHERS = "(others)"

# A gauge, for a counter's name would have to end in `_total`; it only rises, in every process.
ranking_weights_used = Gauge(
    "ranking_weights_used",
    "Requests ranked by the weights of each category; (default), (override), (none): by no "
    "published set.",
    ["category"],
    multiprocess_mode="sum",
)
category_specific_ranking_requests_total = Counter(
    "category_specific_ranking_requests_total",
    "Requests ranked by the weights of a category, its own or its parent's.",
)
_children: dict[str, Gauge] = {}


def weights_counted(named: str) -> None:
    """Count one ranked request.

    Args:
        named: whose weights it was ranked by, as `weights_named` says it; empty for nothing.
    """
    if not named:
        return
    label = named if named in _children or len(_children) < MOST_LABELS else OTHERS
    child = _children.get(label)
    if child is None:
        child = _children.setdefault(label, ranking_weights_used.labels(label))
    child.inc()
    if named != GLOBAL_SUBJECT and not named.startswith("("):
        category_specific_ranking_requests_total.inc()
