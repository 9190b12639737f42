from django.apps import AppConfig


class ModelRegistryConfig(AppConfig):
    name = "apps.model_registry"
    label = "model_registry"
    verbose_name = "Model registry"
    default_auto_field = "django.db.models.BigAutoField"
