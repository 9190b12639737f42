"""`manage.py experiments_export KEY`: exposures and metric tables for a warehouse."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.common.errors import ApplicationError
from apps.experiments.services.exports import ExportFormat, ExportTable, export_stream


class Command(BaseCommand):
    help = "Write a table of an experiment as CSV or Parquet; see docs/experiments-export.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("key", help="the experiment")
        parser.add_argument(
            "--table",
            choices=[table.value for table in ExportTable],
            default=ExportTable.EXPOSURES.value,
        )
        parser.add_argument(
            "--format",
            dest="form",
            choices=[form.value for form in ExportFormat],
            default=ExportFormat.CSV.value,
        )
        parser.add_argument("--output", help="a file; without it, standard output")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            pieces = export_stream(
                key=options["key"],
                table=ExportTable(options["table"]),
                form=ExportFormat(options["form"]),
            )
        except ApplicationError as error:
            raise CommandError(str(error)) from error
        if options["output"]:
            with Path(options["output"]).open("wb") as file:
                file.writelines(pieces)
            return
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
