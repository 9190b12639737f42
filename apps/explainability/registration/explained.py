"""What explanations register with the floors below."""


def explained_register() -> None:
    """The routes' OpenAPI operations."""
    from apps.explainability.api.schema_explain import explain_schema_register

    explain_schema_register()
