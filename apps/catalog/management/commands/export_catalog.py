"""Write the catalogue as a feed."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from apps.catalog.services import catalog_export


class Command(BaseCommand):
    help = "Write the catalogue as a Google Merchant feed (TSV; gzip when the name ends in .gz)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", choices=("merchant",), default="merchant")
        parser.add_argument("--all", action="store_true", help="inactive products too")

    def handle(self, *_args: Any, **options: Any) -> None:
        count = catalog_export(path=options["file"], include_inactive=options["all"])
        self.stdout.write(f"{count} products written to {options['file']}")
