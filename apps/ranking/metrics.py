"""What explanations count."""

from prometheus_client import Counter

explanations_requested = Counter(
    "ranking_explanations_requested",  # the client library adds `_total`
    "Answers that were asked to say why: hits with `explain`, why and why not of one product, "
    "of live requests and of past answers.",
)
