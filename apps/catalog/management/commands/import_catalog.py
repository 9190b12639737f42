"""Import a product feed. Exit 1: some rows were rejected; 2: the file could not be read."""

import dataclasses
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand

from apps.catalog.domain.import_report import ImportReport
from apps.catalog.feed_files import FORMATS
from apps.catalog.importing import BATCH
from apps.catalog.services import catalog_import
from apps.common.errors import InvalidInput

_SHOWN = 20
_EVERY = 20_000


class Command(BaseCommand):
    help = "Import a product feed (merchant, shopify, csv, jsonl, icecat); gzip accepted."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", choices=FORMATS, required=True)
        parser.add_argument("--dry-run", action="store_true", help="say what would happen")
        parser.add_argument("--json", action="store_true", help="the report as JSON")
        parser.add_argument("--currency", default="EUR", help="of prices that name none")

    def handle(self, *_args: Any, **options: Any) -> None:
        def progress(rows: int, message: str) -> None:
            if rows % _EVERY < BATCH:
                self.stderr.write(message)

        try:
            report = catalog_import(
                path=options["file"],
                format=options["format"],
                dry_run=options["dry_run"],
                default_currency=options["currency"],
                progress=progress,
            )
        except InvalidInput as error:
            self.stderr.write(error.message)
            sys.exit(2)
        if options["json"]:
            self.stdout.write(msgspec.json.encode(dataclasses.asdict(report)).decode())
        else:
            self._show(report)
        if report.rejected_rows:
            sys.exit(1)

    def _show(self, report: ImportReport) -> None:
        would = "would be " if report.dry_run else ""
        self.stdout.write(
            f"{report.rows} rows in {report.seconds:.1f} s: {report.created} {would}created, "
            f"{report.updated} {would}updated, {report.unchanged} unchanged, "
            f"{report.rejected_rows} rejected, {report.duplicates} duplicates"
        )
        for each in report.problems[:_SHOWN]:
            self.stdout.write(
                f"line {each.line}: {each.product_id or '?'}: {each.field}: {each.reason}"
            )
        for line, product_id in report.duplicate_lines[:_SHOWN]:
            self.stdout.write(f"line {line}: {product_id}: stood before; the last wins")
        self.stdout.write(f"Every problem: {report.report_path}")
