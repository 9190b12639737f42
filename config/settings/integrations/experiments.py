"""Settings of experiments; docs/settings.md describes every one."""

from config.env import env_bool, env_float, env_int, env_str

# Starting an experiment (and every change of a running one) needs a second person.
EXPERIMENT_REVIEW_REQUIRED = env_bool("EXPERIMENT_REVIEW_REQUIRED", default=True)

# Reports by webhook go to public HTTPS addresses only, unless this allows others (own network).
EXPERIMENT_WEBHOOK_PRIVATE = env_bool("EXPERIMENT_WEBHOOK_PRIVATE", default=False)
EXPERIMENT_WEBHOOK_TIMEOUT_S = env_float("EXPERIMENT_WEBHOOK_TIMEOUT_S", 10.0)
# Where people reach this house; reports link to result pages below it.
PUBLIC_URL = env_str("PUBLIC_URL", "http://localhost:8000")
# How long Redis keeps a unit's first assignment, for experiments that chose so.
EXPERIMENT_STICKY_DAYS = env_int("EXPERIMENT_STICKY_DAYS", 90)
# How long SDKs and caches between may keep the payload of /api/features.
EXPERIMENT_PAYLOAD_MAX_AGE_S = env_int("EXPERIMENT_PAYLOAD_MAX_AGE_S", 30)

# Memory of one sort or hash of the roll-up; more of it spills less to disk.
EXPERIMENT_ROLLUP_WORK_MEM = env_str("EXPERIMENT_ROLLUP_WORK_MEM", "64MB")
