"""Jobs, health checks and sidebar lines of the store."""


def operations_register() -> None:
    """Register all of them."""
    from apps.common.health import health_check_register
    from apps.features.health import feature_store_check, serving_matrix_check
    from apps.features.tasks import FEATURES_CHECK, FEATURES_REFRESH
    from apps.jobs.contracts import job_register

    job_register(FEATURES_REFRESH)
    job_register(FEATURES_CHECK)
    health_check_register("serving_matrix", serving_matrix_check)
    health_check_register("feature_store", feature_store_check)
    _navigation_register()


def _navigation_register() -> None:
    from apps.common.admin_navigation import NavigationEntry, navigation_register

    navigation_register(
        NavigationEntry(
            "Operations", "Features", "data_table", "features-discovery",
            "features.view_featurenote", 15,
        )
    )  # fmt: skip
