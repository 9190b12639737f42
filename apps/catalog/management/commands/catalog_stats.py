"""How much the catalogue holds."""

from argparse import ArgumentParser
from typing import Any

import msgspec
from django.core.management.base import BaseCommand

from apps.catalog.figures import catalog_figures


class Command(BaseCommand):
    help = "Print how many products, categories, brands and attributes there are."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        figures = catalog_figures()
        if options["json"]:
            self.stdout.write(msgspec.json.encode(figures).decode())
            return
        for name, figure in figures.items():
            self.stdout.write(f"{name.replace('_', ' '):<28}{figure:>12}")
