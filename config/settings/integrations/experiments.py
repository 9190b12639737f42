"""Settings of experiments; docs/settings.md describes every one."""

from config.env import env_bool

# Starting an experiment (and every change of a running one) needs a second person.
EXPERIMENT_REVIEW_REQUIRED = env_bool("EXPERIMENT_REVIEW_REQUIRED", default=True)
