"""`manage.py search_analytics_rollup`: bring the figures of searches up to now."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from apps.search.services.analytics_rollup import search_days_rollup


class Command(BaseCommand):
    help = "Roll the query log up into days of searches by query and category."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--full", action="store_true", help="compute every day again")

    def handle(self, *_args: Any, **options: Any) -> None:
        report = search_days_rollup(full=options["full"])
        self.stdout.write(
            f"{report.days} days computed again, {report.rows} rows written,"
            f" {report.expired} expired, {report.seconds:g} s"
        )
