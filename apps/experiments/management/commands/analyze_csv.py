import csv
import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.experiments.contracts.statistics import Scale
from apps.experiments.domain.statistics.csv_report import CsvPlan, csv_report, report_lines
from apps.experiments.domain.statistics.errors import NotComputable
from apps.experiments.domain.statistics.unit_totals import UnitRow, unit_totals


def _number(row: dict[str, str], column: str | None, line: int) -> float | None:
    """The column's number; an empty cell is nothing."""
    text = (row[column] if column else "") or ""
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError as error:
        raise CommandError(f"line {line}, {column}: {text!r} is not a number") from error


def _allocation(text: str | None) -> dict[str, float]:
    """`a=0.5,b=0.5` as weights; nothing means equal shares."""
    allocation = {}
    for part in text.split(",") if text else ():
        name, _, weight = part.partition("=")
        try:
            allocation[name.strip()] = float(weight)
        except ValueError as error:
            raise CommandError(f"allocation: {part!r} is not name=weight") from error
    return allocation


class Command(BaseCommand):
    help = (
        "Analyse an experiment from a CSV (or TSV) file of units or of their events: rows of one "
        "unit are summed. Prints per variant n, mean, effect with interval and p, and the SRM "
        "check. See docs/statistics.md."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--unit", required=True, help="column of the unit's id")
        parser.add_argument("--variant", required=True, help="column of the variant's name")
        parser.add_argument("--metric", required=True, help="column that is summed per unit")
        parser.add_argument("--control", default=None, help="control's name (default: control)")
        parser.add_argument(
            "--covariate", default=None, help="column from before exposure (CUPED)"
        )
        parser.add_argument("--denominator", default=None, help="column: the metric is a ratio")
        parser.add_argument("--kind", choices=["mean", "proportion"], default="mean")
        parser.add_argument("--scale", choices=[str(s) for s in Scale], default="relative")
        parser.add_argument("--alpha", type=float, default=0.05)
        parser.add_argument("--allocation", default=None, help="a=0.5,b=0.5 (default: equal)")
        parser.add_argument("--json", action="store_true")

    def handle(self, *_args: object, **options: Any) -> None:
        try:
            totals = unit_totals(self._rows(options))
            report = csv_report(totals, self._plan(options))
        except (OSError, NotComputable, UnicodeDecodeError) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(report, allow_nan=False, indent=1))
            return
        for line in report_lines(report):
            self.stdout.write(line)

    def _plan(self, options: dict[str, Any]) -> CsvPlan:
        return CsvPlan(
            control=options["control"],
            kind="ratio" if options["denominator"] else options["kind"],
            covariate=options["covariate"] is not None,
            scale=Scale(options["scale"]),
            alpha=options["alpha"],
            allocation=_allocation(options["allocation"]),
        )

    def _rows(self, options: dict[str, Any]) -> Iterator[UnitRow]:
        path: Path = options["file"]
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(
                stream, dialect="excel-tab" if path.suffix == ".tsv" else "excel"
            )
            wanted = [options[name] for name in ("unit", "variant", "metric")]
            wanted += [options[name] for name in ("covariate", "denominator") if options[name]]
            missing = [name for name in wanted if name not in (reader.fieldnames or ())]
            if missing:
                raise CommandError(f"The file has no column {', '.join(missing)}")
            for row in reader:
                line = reader.line_num
                yield UnitRow(
                    unit=row[options["unit"]],
                    variant=row[options["variant"]],
                    metric=_number(row, options["metric"], line) or 0.0,
                    denominator=_number(row, options["denominator"], line) or 0.0,
                    covariate=_number(row, options["covariate"], line),
                )
