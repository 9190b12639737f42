from django.apps import AppConfig


class FeaturesConfig(AppConfig):
    name = "apps.features"
    label = "features"
    verbose_name = "Features"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.features.registration.operations import operations_register
        from apps.features.registration.store import features_register

        features_register()
        operations_register()
