from django.apps import AppConfig


class FeaturesConfig(AppConfig):
    name = "apps.features"
    label = "features"
    verbose_name = "Features"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.common.health import health_check_register
        from apps.features.health import serving_matrix_check
        from apps.features.services import features_refresh_job
        from apps.jobs.contracts import JobSpec, job_register

        job_register(
            JobSpec(
                name="features_refresh",
                title="Refresh ranking features",
                run=features_refresh_job,
                every_s=300,
                description=(
                    "Computes popularity and freshness and publishes them, with the catalogue's "
                    "columns, as the next version of the serving matrix."
                ),
            )
        )
        health_check_register("serving_matrix", serving_matrix_check)
