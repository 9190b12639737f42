import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.common.errors import ApplicationError
from apps.explainability.contracts.judged import Configuration, ConfigurationInvalid, RunView
from apps.explainability.domain.configurations import configuration_parse
from apps.explainability.domain.evaluation import JudgementsInvalid, judgements_read
from apps.explainability.domain.metrics import METRICS, definitions
from apps.explainability.domain.told import gate_told, run_told
from apps.explainability.selectors.judged import judgement_list_named
from apps.explainability.services.evaluate import evaluation_run
from apps.explainability.services.evaluations import evaluation_run_now
from apps.explainability.services.gate import Gated, gate_run

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
    help = (
        "Measure search on the catalogue of the database in use: every system by a file of "
        "judgements, one configuration by a stored list, or a fall against a stored run."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--judgements", type=Path, metavar="FILE", help="every system by a CSV")
        what.add_argument("--list", metavar="LIST", help="one configuration; the run is stored")
        what.add_argument(
            "--gate", metavar="LIST", help="the same, and exit 1 when NDCG@10 falls significantly"
        )
        parser.add_argument(
            "--against", default="published", metavar="RUN", help="a run's number, or published"
        )
        parser.add_argument(
            "--configuration",
            default="published",
            help="published, a system, kind:number of a draft, or JSON",
        )
        parser.add_argument("--label", default="", help="of the stored run")
        parser.add_argument("--json", action="store_true", help="figures as JSON, unrounded")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            if options["judgements"] is not None:
                self._systems(options)
            elif options["list"] is not None:
                self._stored(options)
            else:
                self._gate(options)
        except ApplicationError as error:
            raise CommandError(error.message) from error
        except ConfigurationInvalid as error:
            raise CommandError(f"{error.field}: {error}") from error

    def _systems(self, options: dict[str, Any]) -> None:
        try:
            with options["judgements"].open(encoding="utf-8", newline="") as handle:
                judgements = judgements_read(handle)
        except (OSError, UnicodeDecodeError, JudgementsInvalid) as error:
            raise CommandError(f"{options['judgements']}: {error}") from error
        report = evaluation_run(judgements=judgements, progress=_progress)
        if options["json"]:
            print(json.dumps(report, indent=2, ensure_ascii=False))
        else:
            _print(report)

    def _stored(self, options: dict[str, Any]) -> None:
        run = evaluation_run_now(
            list_id=judgement_list_named(options["list"]).id,
            configuration=_configuration(options),
            label=options["label"],
            progress=_progress_of_queries,
        )
        if options["json"]:
            print(json.dumps(run_told(run), indent=2, ensure_ascii=False))
        else:
            _print_run(run)

    def _gate(self, options: dict[str, Any]) -> None:
        gated = gate_run(
            view=judgement_list_named(options["gate"]),
            against=options["against"],
            candidate=_configuration(options),
            progress=_progress_of_queries,
        )
        if options["json"]:
            told = gate_told(gated.before, gated.after, gated.comparison, gated.verdict)
            print(json.dumps(told, indent=2, ensure_ascii=False))
        else:
            _print_gate(gated)
        if gated.verdict.fell:
            raise SystemExit(1)


def _configuration(options: dict[str, Any]) -> Configuration:
    return configuration_parse(options["configuration"])


def _progress(done: int, total: int, name: str) -> None:
    print(f"[{done}/{total}] {name}", file=sys.stderr)


def _progress_of_queries(done: int, total: int, name: str) -> None:
    if done == total or done % 50 == 0:
        _progress(done, total, name)


def _print_run(run: RunView) -> None:
    for name, meaning in definitions().items():
        print(f"{name}: {meaning}")
    print(f"\nrun {run.id} on {run.list_name}, {run.words}: {run.queries} queries")
    for metric in METRICS:
        figure = run.figures[metric.key]
        bounds = None if figure.low is None else [figure.low, figure.high or figure.low]
        print(f"{metric.title:<12} {_rounded(figure.mean):>7}   {_bounds(bounds, '.3f')}")


def _print_gate(gated: Gated) -> None:
    print(f"run {gated.before.id} ({gated.before.words}) to run {gated.after.id}")
    print(f"({gated.after.words}), on {gated.after.list_name}:")
    print(gated.verdict.words)
    for mover in (*gated.comparison.worst[:5], *gated.comparison.best[:5]):
        print(f"{mover.change:+.3f}  {mover.query}")
    print("NDCG@10 has fallen." if gated.verdict.fell else "NDCG@10 has not fallen.")


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
