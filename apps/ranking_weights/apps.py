from django.apps import AppConfig


class RankingWeightsConfig(AppConfig):
    name = "apps.ranking_weights"
    label = "ranking_weights"
    verbose_name = "Ranking weights"
    default_auto_field = "django.db.models.BigAutoField"
