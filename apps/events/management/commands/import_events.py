import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.common.errors import ApplicationError
from apps.events.contracts import ImportReport
from apps.events.services.importing import FORMATS, events_import

_SHOWN = 10


class Command(BaseCommand):
    help = "Import events from a file; importing it again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", choices=FORMATS, required=True)
        parser.add_argument(
            "--shift-to-now",
            action="store_true",
            help="move all times by whole days so that the newest event is of the last 24 hours",
        )
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            report = events_import(
                path=options["file"],
                format=options["format"],
                shift_to_now=options["shift_to_now"],
                progress=self._progress,
            )
        except ApplicationError as error:
            raise CommandError(error.message) from error
        if options["json"]:
            print(json.dumps(asdict(report)))
        else:
            _print(report)

    def _progress(self, lines: int) -> None:
        print(f"{lines:,} lines", file=sys.stderr)


def _print(report: ImportReport) -> None:
    print(
        f"{report.lines:,} lines in {report.seconds} s: {report.stored:,} stored, "
        f"{report.replayed:,} were there already, {report.rejected:,} rejected; "
        f"{report.products:,} products; times moved by {report.shift_days} days"
    )
    for line, where, reason in report.errors[:_SHOWN]:
        print(f"  line {line}: {where}: {reason}")
    if report.rejected > _SHOWN:
        print(f"  … and {report.rejected - _SHOWN:,} more")
