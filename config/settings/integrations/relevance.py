"""Judged relevance: the gate before publishing, and judgements from clicks."""

from config.env import env_bool, env_float, env_int

# A draft that lowers NDCG significantly on the gate's list: warned about, or refused.
RELEVANCE_GATE_BLOCKS = env_bool("RELEVANCE_GATE_BLOCKS", default=False)
RELEVANCE_GATE_ALPHA = env_float("RELEVANCE_GATE_ALPHA", 0.05)
# A check asks at most so many queries, for at most so long.
RELEVANCE_GATE_QUERIES = env_int("RELEVANCE_GATE_QUERIES", 200)
RELEVANCE_GATE_SECONDS = env_float("RELEVANCE_GATE_SECONDS", 10.0)

# Judgements from clicks: searches of so many days, products shown so often for a query.
RELEVANCE_CLICKS_DAYS = env_int("RELEVANCE_CLICKS_DAYS", 30)
RELEVANCE_CLICKS_LEAST_IMPRESSIONS = env_int("RELEVANCE_CLICKS_LEAST_IMPRESSIONS", 20)
