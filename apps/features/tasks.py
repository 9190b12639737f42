"""Jobs of the feature store, as apps.jobs runs them."""

from apps.features.health import CHECK_JOB
from apps.features.services import features_refresh_job
from apps.features.services_check import features_check_job
from apps.jobs.contracts import JobSpec

FEATURES_REFRESH = JobSpec(
    name="features_refresh",
    title="Refresh ranking features",
    run=features_refresh_job,
    every_s=300,
    description=(
        "Computes the features whose values are as old as they may become, stores them, and "
        "publishes all, with the catalogue's columns, as the next version of the serving matrix "
        "and in Redis. Parameter all: computes every one."
    ),
)
FEATURES_CHECK = JobSpec(
    name=CHECK_JOB,
    title="Compare features online and offline",
    run=features_check_job,
    cron="25 * * * *",
    description=(
        "Compares every product's features in Redis and in the serving matrix with the offline "
        "store, and writes what differs to Redis again (parameter repair: false only counts)."
    ),
)
