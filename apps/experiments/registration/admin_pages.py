"""Admin's pages of experiments, their lines in the sidebar, their cards on the first page."""


def admin_pages_register() -> None:
    """Make the pages known; models are loaded when this is called."""
    from django.utils.module_loading import import_string

    from apps.common.admin_dashboard import dashboard_register
    from apps.common.admin_navigation import NavigationEntry, navigation_register

    # Importing a module registers its classes with admin.
    for page in (
        "experiments.ExperimentAdmin", "versions.ExperimentVersionAdmin", "layers.LayerAdmin",
        "flags.FlagAdmin", "metrics.MetricVersionAdmin", "reports.ReportSubscriptionAdmin",
    ):  # fmt: skip
        import_string(f"apps.experiments.admin.{page}")
    dashboard_register(import_string("apps.experiments.admin.cards.experiment_cards"))
    lines = (
        ("Experiments", "science", "experiment_changelist", "view_experiment", 20),
        ("Waiting for approval", "approval", "experiment_review", "review_experiment", 21),
        ("Flags", "toggle_on", "flag_changelist", "view_flag", 22),
        ("Metrics", "monitoring", "metricversion_changelist", "view_metricversion", 23),
        ("Layers and holdout", "stacks", "layer_changelist", "view_layer", 24),
        ("Reports", "outgoing_mail", "reportsubscription_changelist",
         "view_reportsubscription", 25),
        ("Report deliveries", "mark_email_read", "reportdelivery_changelist",
         "view_reportdelivery", 26),
    )  # fmt: skip
    navigation_register(
        *(
            NavigationEntry(
                section="Merchandising",
                title=title,
                icon=icon,
                url_name=f"admin:experiments_{page}",
                permission=f"experiments.{permission}",
                rank=rank,
            )
            for title, icon, page, permission, rank in lines
        )
    )
