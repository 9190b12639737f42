from apps.common.admin_navigation import NavigationEntry, navigation_register


def navigate() -> None:
    """Operators' lines of the sidebar."""
    navigation_register(
        NavigationEntry(
            "Operations", "Job runs", "play_circle", "admin:jobs_jobrun_changelist",
            "jobs.view_jobrun", 10,
        ),
        NavigationEntry(
            "Operations", "Dead letters", "mail_off", "admin:jobs_deadletter_changelist",
            "jobs.view_deadletter", 20,
        ),
        NavigationEntry(
            "Operations", "Schedules", "schedule",
            "admin:django_celery_beat_periodictask_changelist",
            "django_celery_beat.view_periodictask", 30,
        ),
    )  # fmt: skip
