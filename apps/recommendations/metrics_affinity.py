"""Figures of who asks and of how much their history points anywhere."""

from prometheus_client import Counter, Gauge, Histogram

affinity_requests_total = Counter(
    "endcap_affinity_requests_total",
    "Affinities asked for, by where they came from: model (factors as trained), folded_in (solved "
    "from the history), cold (too little is known), none (nothing is).",
    ["source"],
)
affinity_seconds = Histogram(
    "endcap_affinity_seconds",
    "Time to score by affinity, from the shopper to the scores, by what is scored: catalogue, "
    "candidates.",
    ["scope"],
    buckets=(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1),
)
cold_start_users_total = Counter(
    "endcap_cold_start_users_total",
    "Affinities of shoppers of whom fewer products are known than it takes.",
)
cold_start_products_total = Counter(
    "endcap_cold_start_products_total",
    "Products that the model does not know, scored by their likeness to what a shopper liked.",
)
shopper_histories_total = Counter(
    "endcap_shopper_histories_total",
    "Stored histories and user factors by how they were come by: hit (Redis), miss (read and "
    "solved anew), unseen (kept without this client), aside (Redis did not answer), failed "
    "(PostgreSQL did not either).",
    ["outcome"],
)
recommender_age_seconds = Gauge(
    "endcap_recommender_age_seconds",
    "Age of what the served model knows: now less the moment up to which it was trained.",
    multiprocess_mode="mostrecent",
)
