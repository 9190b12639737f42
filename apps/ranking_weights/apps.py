from django.apps import AppConfig


class RankingWeightsConfig(AppConfig):
    name = "apps.ranking_weights"
    label = "ranking_weights"
    verbose_name = "Ranking weights"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.common.admin_navigation import NavigationEntry, navigation_register
        from apps.jobs.contracts import job_register
        from apps.publishing.bases import PublishKind, publish_kind_register
        from apps.ranking_weights.models import WeightSetVersion
        from apps.ranking_weights.tasks import LEARN_WEIGHTS

        job_register(LEARN_WEIGHTS)
        publish_kind_register(
            PublishKind(
                name="ranking_weights",
                model=WeightSetVersion,
                bumps=("ranking_weights",),
                title="Ranking weights",
            )
        )
        navigation_register(
            NavigationEntry(
                section="Merchandising",
                title="Ranking weights",
                icon="tune",
                url_name="admin:ranking_weights_weightsetversion_changelist",
                permission="ranking_weights.view_weightsetversion",
                rank=10,
            )
        )
