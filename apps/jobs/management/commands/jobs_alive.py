from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.jobs.health import workers_check


class Command(BaseCommand):
    help = "Exit 0 while beat and a worker run scheduled jobs: a container's health check."

    def handle(self, *_args: Any, **_options: Any) -> None:
        report = workers_check()
        if not report.ok:
            raise CommandError(report.detail)
        self.stdout.write(f"last sweep {report.figures['last_sweep_age_s']} s ago")
