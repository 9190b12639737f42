from django.apps import AppConfig


class ExperimentsConfig(AppConfig):
    name = "apps.experiments"
    label = "experiments"
    verbose_name = "Experiments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.experiments.registration.admin_pages import admin_pages_register
        from apps.experiments.registration.jobs_bandits import jobs_bandits_register
        from apps.experiments.registration.jobs_lifecycle import jobs_lifecycle_register
        from apps.experiments.registration.jobs_reports import jobs_reports_register
        from apps.experiments.registration.jobs_rollups import jobs_rollups_register
        from apps.experiments.registration.kinds import kinds_register
        from apps.experiments.registration.navigation import results_navigate

        kinds_register()
        jobs_reports_register()
        jobs_bandits_register()
        jobs_lifecycle_register()
        jobs_rollups_register()
        results_navigate()
        admin_pages_register()
