from django.apps import AppConfig


class RankingConfig(AppConfig):
    name = "apps.ranking"
    label = "ranking"
    verbose_name = "Ranking"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.events.contracts_companions import companion_register
        from apps.ranking.services import RECORD_TABLE

        companion_register(RECORD_TABLE)
