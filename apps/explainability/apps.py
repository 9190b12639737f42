from django.apps import AppConfig


class ExplainabilityConfig(AppConfig):
    name = "apps.explainability"
    label = "explainability"
    verbose_name = "Explainability"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.explainability.registration.explained import explained_register
        from apps.explainability.registration.judged import judged_register

        explained_register()
        judged_register()
