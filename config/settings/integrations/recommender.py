"""The trained recommender: what it reads, what it may cost."""

from config.env import env_bool, env_int, env_str

RECOMMENDER_WINDOW_DAYS = env_int("RECOMMENDER_WINDOW_DAYS", 730)
# Clients on which nobody was ever seen are shoppers of their own.
RECOMMENDER_ANONYMOUS = env_bool("RECOMMENDER_ANONYMOUS", default=True)
RECOMMENDER_LEAST_USERS = env_int("RECOMMENDER_LEAST_USERS", 20)
RECOMMENDER_LEAST_PRODUCTS = env_int("RECOMMENDER_LEAST_PRODUCTS", 10)
RECOMMENDER_LEAST_INTERACTIONS = env_int("RECOMMENDER_LEAST_INTERACTIONS", 200)
RECOMMENDER_EASE_PRODUCTS = env_int("RECOMMENDER_EASE_PRODUCTS", 8_000)
RECOMMENDER_SEARCH_S = env_int("RECOMMENDER_SEARCH_S", 60)
RECOMMENDER_TRAINER = env_str("RECOMMENDER_TRAINER", "implicit")  # implicit | spark
RECOMMENDER_SPARK_MASTER = env_str("RECOMMENDER_SPARK_MASTER", "local[*]")
RECOMMENDER_SPARK_EXCHANGE = env_str("RECOMMENDER_SPARK_EXCHANGE", "")
RECOMMENDER_SPARK_MEMORY = env_str("RECOMMENDER_SPARK_MEMORY", "2g")
# What the served model knows ends so many days ago at most, or its health is `stale`.
RECOMMENDER_STALE_DAYS = env_int("RECOMMENDER_STALE_DAYS", 7)
