"""Figures of what belongs together, of what is on the rise, and of who asks what is similar."""

from prometheus_client import Counter, Gauge

similar_requests_total = Counter(
    "endcap_similar_requests_total",
    "Answers of what is similar, by the kind asked for and by what told it: model, visits, "
    "baskets, content, several joined by +, none.",
    ["kind", "by"],
)
relations_baskets = Gauge(
    "endcap_relations_baskets",
    "Baskets (or visits) of the last run, by relation and by what became of them: counted, "
    "too_large (more products than RELATIONS_BASKET_MOST).",
    ["relation", "outcome"],
    multiprocess_mode="mostrecent",
)
relations_pairs = Gauge(
    "endcap_relations_pairs",
    "Pairs of the last run, by relation: tested, kept (both directions).",
    ["relation", "outcome"],
    multiprocess_mode="mostrecent",
)
relations_sampled = Gauge(
    "endcap_relations_sampled",
    "1 when the last run read only some shoppers, because there are more lines than "
    "RELATIONS_LINES_MOST.",
    multiprocess_mode="mostrecent",
)
trending_products = Gauge(
    "endcap_trending_products",
    "Products on the rise in the last run.",
    multiprocess_mode="mostrecent",
)
relations_age_seconds = Gauge(
    "endcap_relations_age_seconds",
    "Age of what the served relations know: now less the end of their windows.",
    multiprocess_mode="mostrecent",
)
