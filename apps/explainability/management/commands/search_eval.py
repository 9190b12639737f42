import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.common.errors import ApplicationError
from apps.explainability.domain.evaluation import JudgementsInvalid, judgements_read
from apps.explainability.services.evaluate import evaluation_run

_FIGURES = (
    "ndcg_at_10",
    "ndcg_at_10_judged_only",
    "mrr",
    "recall_at_100",
    "zero_result_rate",
    "judged_at_10",
    "p50_ms",
    "p95_ms",
)


class Command(BaseCommand):
    help = "Measure search on the catalogue of the database in use, by people's judgements."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--judgements", required=True, type=Path, metavar="FILE")
        parser.add_argument("--json", action="store_true", help="figures as JSON, unrounded")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            with options["judgements"].open(encoding="utf-8", newline="") as handle:
                judgements = judgements_read(handle)
            report = evaluation_run(judgements=judgements, progress=_progress)
        except (OSError, UnicodeDecodeError, JudgementsInvalid) as error:
            raise CommandError(f"{options['judgements']}: {error}") from error
        except ApplicationError as error:
            raise CommandError(error.message) from error
        if options["json"]:
            print(json.dumps(report, indent=2, ensure_ascii=False))
        else:
            _print(report)


def _progress(done: int, total: int, name: str) -> None:
    print(f"[{done}/{total}] {name}", file=sys.stderr)


def _print(report: Any) -> None:
    for name, meaning in report["definition"].items():
        print(f"{name}: {meaning}")
    print()
    print("comparison                    difference   95 % interval        p        better worse")
    for name, found in report["comparisons"].items():
        bounds = _bounds(found["ci"], "+.3f")
        p_value = "-" if found["p_value"] is None else f"{found['p_value']:.4f}"
        difference = _rounded(found["difference"])
        counts = f"{found['better']:>6} {found['worse']:>5}"
        print(f"{name:<30} {difference:>9}   {bounds:<18} {p_value:>8} {counts}")
    unanswerable = report["unanswerable"]
    print(
        f"\n{unanswerable['queries']} queries without a relevant product: how they were answered"
    )
    for query, answer in unanswerable["answers"].items():
        print(f"{query:<30} {answer['label']:<18} {answer['found']:>6} products")
    print()
    print("system         " + " ".join(f"{name:>22}" for name in _FIGURES) + "   ndcg_at_10_ci")
    for name, figures in report["systems"].items():
        values = " ".join(f"{_rounded(figures[each]):>22}" for each in _FIGURES)
        print(f"{name:<14} {values}   {_bounds(figures['ndcg_at_10_ci'], '.3f')}")


def _bounds(interval: list[float] | None, form: str) -> str:
    return " … ".join(format(each, form) for each in interval) if interval else "too few queries"


def _rounded(figure: float | None) -> str:
    return "-" if figure is None else f"{figure:.3f}"
