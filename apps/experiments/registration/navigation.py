"""Admin's sidebar leads to the result pages, which stand outside of admin."""


def results_navigate() -> None:
    """The line of analysts."""
    from apps.common.admin_navigation import NavigationEntry, navigation_register

    navigation_register(
        NavigationEntry(
            "Analysis", "Experiment results", "query_stats", "experiments-list",
            "experiments.view_experiment", 10,
        ),
    )  # fmt: skip
