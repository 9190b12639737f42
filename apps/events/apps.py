from django.apps import AppConfig
from django.db.models.signals import post_migrate


class EventsConfig(AppConfig):
    name = "apps.events"
    label = "events"
    verbose_name = "Events"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.common.admin_dashboard import dashboard_register
        from apps.common.admin_navigation import NavigationEntry, navigation_register
        from apps.common.health import health_check_register
        from apps.events.api import session_schema
        from apps.events.api.schema import schema_register
        from apps.events.dashboard import search_cards
        from apps.events.services.health import partitions_check
        from apps.events.tasks import JOBS
        from apps.jobs.contracts import job_register

        for job in JOBS:
            job_register(job)
        health_check_register("events_partitions", partitions_check)
        schema_register()
        session_schema.schema_register()
        dashboard_register(search_cards)
        navigation_register(
            NavigationEntry(
                "Analysis", "Recent events", "bolt", "admin:events_event_changelist",
                "events.view_event", 60,
            ),
            NavigationEntry(
                "Analysis", "Query log", "manage_search", "admin:events_querylog_changelist",
                "events.view_querylog", 61,
            ),
        )  # fmt: skip
        post_migrate.connect(partitions_after_migrate, sender=self)


def partitions_after_migrate(**_signal: object) -> None:
    """A migrated database can take events at once."""
    from django.utils import timezone

    from apps.events.selectors import tables_exist
    from apps.events.services.partitions import partitions_ensure_around

    # Other apps may be migrated first, and events' own migrations may be taken back.
    if tables_exist():
        partitions_ensure_around(timezone.now())
