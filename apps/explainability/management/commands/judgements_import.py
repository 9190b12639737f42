from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.common.errors import ApplicationError
from apps.explainability.contracts.judged import HIGHEST_SCALE, LOWEST_SCALE
from apps.explainability.services.lists import judgements_import_named, lines_of


class Command(BaseCommand):
    help = "Load judgements (CSV query,product_id,rating, optionally rater) into a list."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--list", required=True, help="its name; made when there is none")
        parser.add_argument(
            "--scale",
            type=int,
            default=LOWEST_SCALE,
            choices=range(LOWEST_SCALE, HIGHEST_SCALE + 1),
        )
        parser.add_argument("--rater", default="", help="who rated, where lines do not say")

    def handle(self, *_args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            with path.open("rb") as handle:
                report = judgements_import_named(
                    name=options["list"],
                    scale=options["scale"],
                    lines=lines_of(handle),
                    rater=options["rater"],
                )
        except OSError as error:
            raise CommandError(f"{path}: {error}") from error
        except ApplicationError as error:
            raise CommandError(f"{path}: {error.message}") from error
        print(
            f"{report.list_name}: {report.rows} lines, {report.queries} queries, "
            f"{report.stored} ratings stored, {report.unchanged} there already, "
            f"{report.unknown_products} products not in the catalogue"
        )
