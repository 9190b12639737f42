from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class JobsConfig(AppConfig):
    name = "apps.jobs"
    label = "jobs"
    verbose_name = "Jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Every process can send runs to the workers: it needs the Celery app and its tasks.
        import celery_app  # noqa: F401 - importing makes it the current app
        from apps.common.admin_dashboard import dashboard_register
        from apps.common.health import health_check_register
        from apps.jobs import tasks  # noqa: F401 - importing registers them
        from apps.jobs.contracts import job_register
        from apps.jobs.dashboard import job_cards
        from apps.jobs.health import workers_check
        from apps.jobs.housekeeping import SPECS
        from apps.jobs.navigation import navigate

        for spec in SPECS:
            job_register(spec)
        health_check_register("jobs", workers_check)
        navigate()
        dashboard_register(job_cards)
        post_migrate.connect(_schedules_make, sender=self, dispatch_uid="jobs.schedules")


def _schedules_make(**_kwargs: Any) -> None:
    from apps.jobs.schedules import schedules_ensure

    schedules_ensure()
