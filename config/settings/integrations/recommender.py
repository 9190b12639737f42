"""The trained recommender: what it reads, what it may cost."""

import math

from django.core.exceptions import ImproperlyConfigured

from config.env import env_bool, env_float, env_int, env_str

RECOMMENDER_WINDOW_DAYS = env_int("RECOMMENDER_WINDOW_DAYS", 730)
# Clients on which nobody was ever seen are shoppers of their own.
RECOMMENDER_ANONYMOUS = env_bool("RECOMMENDER_ANONYMOUS", default=True)
RECOMMENDER_LEAST_USERS = env_int("RECOMMENDER_LEAST_USERS", 20)
RECOMMENDER_LEAST_PRODUCTS = env_int("RECOMMENDER_LEAST_PRODUCTS", 10)
RECOMMENDER_LEAST_INTERACTIONS = env_int("RECOMMENDER_LEAST_INTERACTIONS", 200)
RECOMMENDER_EASE_PRODUCTS = env_int("RECOMMENDER_EASE_PRODUCTS", 8_000)
# With what the search for parameters begins; all of them above 0.
RECOMMENDER_FACTORS = env_int("RECOMMENDER_FACTORS", 64)
RECOMMENDER_REGULARIZATION = env_float("RECOMMENDER_REGULARIZATION", 5.0)
RECOMMENDER_ALPHA = env_float("RECOMMENDER_ALPHA", 1.0)
RECOMMENDER_ITERATIONS = env_int("RECOMMENDER_ITERATIONS", 15)
RECOMMENDER_EASE_REGULARIZATION = env_float("RECOMMENDER_EASE_REGULARIZATION", 80.0)
RECOMMENDER_NEIGHBOURS = env_int("RECOMMENDER_NEIGHBOURS", 100)
RECOMMENDER_HALF_LIFE_DAYS = env_float("RECOMMENDER_HALF_LIFE_DAYS", 180.0)
RECOMMENDER_REPEAT_HALF_LIFE_DAYS = env_float("RECOMMENDER_REPEAT_HALF_LIFE_DAYS", 180.0)
RECOMMENDER_POPULARITY_HALF_LIFE_DAYS = env_float("RECOMMENDER_POPULARITY_HALF_LIFE_DAYS", 30.0)
RECOMMENDER_MOMENTUM_DAYS = env_float("RECOMMENDER_MOMENTUM_DAYS", 21.0)
for _name in (
    "FACTORS", "REGULARIZATION", "ALPHA", "ITERATIONS", "EASE_REGULARIZATION", "NEIGHBOURS",
    "HALF_LIFE_DAYS", "REPEAT_HALF_LIFE_DAYS", "POPULARITY_HALF_LIFE_DAYS", "MOMENTUM_DAYS",
):  # fmt: skip
    _value = float(globals()[f"RECOMMENDER_{_name}"])
    if not (math.isfinite(_value) and _value > 0):
        _message = f"RECOMMENDER_{_name} must be above 0, not {_value:g}"
        raise ImproperlyConfigured(_message)
RECOMMENDER_SEARCH_S = env_int("RECOMMENDER_SEARCH_S", 60)
RECOMMENDER_TRAINER = env_str("RECOMMENDER_TRAINER", "implicit")  # implicit | spark
RECOMMENDER_SPARK_MASTER = env_str("RECOMMENDER_SPARK_MASTER", "local[*]")
RECOMMENDER_SPARK_EXCHANGE = env_str("RECOMMENDER_SPARK_EXCHANGE", "")
RECOMMENDER_SPARK_MEMORY = env_str("RECOMMENDER_SPARK_MEMORY", "2g")
# What the served model knows ends so many days ago at most, or its health is `stale`.
RECOMMENDER_STALE_DAYS = env_int("RECOMMENDER_STALE_DAYS", 7)
