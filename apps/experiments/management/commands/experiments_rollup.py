"""`manage.py experiments_rollup`: roll up and analyse experiments now."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from apps.common.errors import ApplicationError
from apps.experiments.services.analysis import analysis_refresh
from apps.experiments.services.rollups.chain import rollups_refresh
from apps.experiments.services.rollups.run import experiment_rollup
from apps.experiments.services.rollups_interleaving import interleaving_rollup


class Command(BaseCommand):
    help = "Roll experiments' events up into daily statistics, and analyse them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--key", help="one experiment; without it, all that are followed")
        parser.add_argument("--full", action="store_true", help="compute everything again")
        parser.add_argument("--as-of", help="end of all windows, ISO 8601 with a zone; now")

    def handle(self, *_args: Any, **options: Any) -> None:
        as_of = _moment(options["as_of"])
        if options["key"]:
            self._one(options["key"], as_of, full=options["full"])
            return
        report = rollups_refresh(as_of=as_of, full=options["full"])
        self.stdout.write(
            f"{report.experiments} experiments, {report.units} units computed again,"
            f" {report.rows} rows written"
        )
        if report.failed:
            raise CommandError(f"failed: {', '.join(report.failed)}")

    def _one(self, key: str, as_of: datetime, *, full: bool) -> None:
        try:
            report = experiment_rollup(key=key, as_of=as_of, full=full)
            interleaving_rollup(key=key, as_of=as_of, full=full)
            analysis_refresh(key=key, as_of=as_of)
        except ApplicationError as error:
            raise CommandError(str(error)) from error
        how = "everything" if report.full else "what changed"
        self.stdout.write(
            f"{key}: {how}; {report.changed} of {report.units} units, {report.rows} rows"
            f" written in {report.seconds:g} s"
        )


def _moment(text: str | None) -> datetime:
    if text is None:
        return timezone.now()
    found = parse_datetime(text)
    if found is None or found.tzinfo is None:
        raise CommandError(f"--as-of {text}: not an ISO 8601 moment with a time zone")
    return found
