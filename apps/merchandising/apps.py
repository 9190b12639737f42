from django.apps import AppConfig


class MerchandisingConfig(AppConfig):
    name = "apps.merchandising"
    label = "merchandising"
    verbose_name = "Merchandising"
    default_auto_field = "django.db.models.BigAutoField"
