from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "apps.common"
    label = "common"
    verbose_name = "Common"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.common.health import health_check_register, postgresql_check, redis_check

        health_check_register("postgresql", postgresql_check)
        health_check_register("redis", redis_check)
