"""What explanations register with the floors below."""


def explained_register() -> None:
    """The routes' OpenAPI operations, and the dashboard in admin's navigation."""
    from apps.common.admin_navigation import NavigationEntry, navigation_register
    from apps.explainability.api.schema_explain import explain_schema_register

    explain_schema_register()
    navigation_register(
        NavigationEntry(
            section="Analysis",
            title="Ranking debugger",
            icon="troubleshoot",
            url_name="explainability-debug",
            permission="ranking_weights.view_weightsetversion",
            rank=7,
        ),
    )
