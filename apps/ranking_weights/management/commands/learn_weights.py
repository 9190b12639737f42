"""`manage.py learn_weights`: draft the weights that shoppers' clicks ask for."""

from argparse import ArgumentParser
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.common.errors import InvalidInput
from apps.ranking_weights.services_learning import WINDOW_DAYS, LearningReport, weights_learn


class Command(BaseCommand):
    help = "Learn ranking weights from logged searches, and draft those that are shown better."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--category", default="", help="draft this path (or global) only")
        parser.add_argument("--days", type=int, default=WINDOW_DAYS, help="length of the window")
        parser.add_argument("--dry-run", action="store_true", help="draft nothing")
        parser.add_argument("--json", action="store_true", help="the whole report on stdout")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            report = weights_learn(
                as_of=timezone.now(),
                days=options["days"],
                category=options["category"],
                dry_run=options["dry_run"],
            )
        except InvalidInput as error:
            raise CommandError(f"--{error.extra['field']}: {error.message}") from error
        if options["json"]:
            self.stdout.write(msgspec.json.encode(report).decode())
            return
        self._told(report)

    def _told(self, report: LearningReport) -> None:
        self.stdout.write(
            f"{report.searches:,} searches from {report.since:%Y-%m-%d} to {report.until:%Y-%m-%d}"
        )
        if report.refused is not None:
            self.stdout.write(f"Nothing was learnt ({report.refused}): {report.message}")
        for one in report.sets:
            state = f"draft {one['version']}" if one["version"] else one["reason"] or "dry run"
            weights = one["proposed"]
            shown = ", ".join(f"{name} {weight:.3f}" for name, weight in dict(weights).items())  # type: ignore[call-overload]  # the document's own mapping
            self.stdout.write(f"{one['subject']}: {state}\n  {shown}\n  {one['note']}")
