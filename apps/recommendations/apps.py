from django.apps import AppConfig


class RecommendationsConfig(AppConfig):
    name = "apps.recommendations"
    label = "recommendations"
    verbose_name = "Recommendations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Each module of `registration` makes one part known to the apps below."""
        from apps.recommendations.registration.affinity import affinity_register
        from apps.recommendations.registration.placements import (
            placement_pages_register,
            placements_register,
        )
        from apps.recommendations.registration.relations import relations_register
        from apps.recommendations.registration.shelves import shelves_register
        from apps.recommendations.registration.training import training_register

        affinity_register()
        placements_register()
        placement_pages_register()
        relations_register()
        shelves_register()
        training_register()
