"""Jobs, health checks and sidebar lines of the store."""


def operations_register() -> None:
    """Register all of them."""
    from apps.common.health import health_check_register
    from apps.features.health import feature_store_check, serving_matrix_check

    health_check_register("serving_matrix", serving_matrix_check)
    health_check_register("feature_store", feature_store_check)
    _jobs_register()
    _navigation_register()


def _jobs_register() -> None:
    from apps.features.health import CHECK_JOB
    from apps.features.services import features_refresh_job
    from apps.features.services_check import features_check_job
    from apps.jobs.contracts import JobSpec, job_register

    job_register(
        JobSpec(
            name="features_refresh",
            title="Refresh ranking features",
            run=features_refresh_job,
            every_s=300,
            description=(
                "Computes the features whose values are as old as they may become, stores them, "
                "and publishes all, with the catalogue's columns, as the next version of the "
                "serving matrix and in Redis. Parameter all: computes every one."
            ),
        )
    )
    job_register(
        JobSpec(
            name=CHECK_JOB,
            title="Compare features online and offline",
            run=features_check_job,
            cron="25 * * * *",
            description=(
                "Compares every product's features in Redis and in the serving matrix with the "
                "offline store, and writes what differs to Redis again (parameter repair: false "
                "only counts)."
            ),
        )
    )


def _navigation_register() -> None:
    from apps.common.admin_navigation import NavigationEntry, navigation_register

    navigation_register(
        NavigationEntry(
            "Operations", "Features", "data_table", "features-discovery",
            "features.view_featurenote", 15,
        )
    )  # fmt: skip
