from django.apps import AppConfig


class PublishingConfig(AppConfig):
    name = "apps.publishing"
    label = "publishing"
    verbose_name = "Publishing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.common.admin_dashboard import dashboard_register
        from apps.publishing.dashboard import version_cards

        dashboard_register(version_cards)
