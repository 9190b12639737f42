import json
import sys
from argparse import ArgumentTypeError
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.common.errors import ApplicationError
from apps.recommendations.services.evaluating import stage_set
from apps.recommendations.services.evaluating_report import Evaluation, evaluate

_COLUMNS = ("ndcg_at_10", "hit_rate_at_10", "recall_at_10", "mrr")


class Command(BaseCommand):
    help = (
        "Measure recommendations on the events in the database: learn from what is before a "
        "cut, judge by what shoppers bought after it. Publishes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--cut",
            type=_moment,
            help="ISO date or time, UTC; default: the last tenth of the time is judged by, at "
            "most 60 days",
        )
        parser.add_argument("--json", action="store_true", help="print everything as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            self._told("Training on what is before the cut")
            evaluation = evaluate(stage_set(cut=options["cut"]), self._told)
        except ApplicationError as error:
            raise CommandError(error.message) from error
        if options["json"]:
            print(json.dumps(evaluation.document(), allow_nan=False))
        else:
            _print(evaluation)

    def _told(self, message: str) -> None:
        print(message, file=sys.stderr)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text} is no ISO date or time") from error
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _print(evaluation: Evaluation) -> None:
    document: Any = evaluation.document()
    definition = document["definition"]
    print(f"Learnt before {definition['cut']}, judged until {definition['until']}:", end=" ")
    print(f"{definition['known_users']:,} users, {definition['known_products']:,} products.")
    print(f"Chosen: {document['chosen']['recipe']}\n")
    print(
        f"{'':12}{'':5}{'NDCG@10':>9}{'95 %':>17}{'hit rate':>10}{'recall':>8}{'MRR':>8}{'n':>7}"
    )
    for name, system in document["systems"].items():
        for kind in ("new", "all"):
            _figures_print(name, kind, system[kind])
    print(f"\n{'':12}{'coverage':>10}{'novelty':>9}{'diversity':>11}{'overlap':>9}")
    for name, system in document["systems"].items():
        diversity = system["diversity"]
        print(f"{name:12}{system['coverage']:10.3f}{system['novelty']:9.2f}", end="")
        print(f"{'-' if diversity is None else f'{diversity:.3f}':>11}{system['overlap']:9.3f}")
    print("\noverlap: mean share of products that two users' lists have in common.")
    for name, found in document["differences"].items():
        if "p_value" in found:
            print(f"{name}: {found['difference']:+.4f}", end=" ")
            print(f"({found['low']:+.4f} … {found['high']:+.4f}), p = {found['p_value']:.4f}")
    visit = document["next_item"]
    if visit["visits"]:
        print(f"next item of {visit['visits']:,} visits, hit rate at 10:", end=" ")
        print(f"{visit['hit_rate_at_10_with_visit']:.3f} with the visit, ", end="")
        print(f"{visit['hit_rate_at_10_without']:.3f} without", end="")
        print("" if visit["p_value"] is None else f", p = {visit['p_value']:.4f}")


def _figures_print(name: str, kind: str, figures: Mapping[str, Any]) -> None:
    if "not_computable" in figures:
        print(f"{name:12}{kind:5}{figures['not_computable']}")
        return
    bounds = figures["ndcg_at_10_interval"]
    interval = f"{bounds['low']:.4f} … {bounds['high']:.4f}" if bounds else ""
    ndcg, hit_rate, recall, mrr = (figures[column] for column in _COLUMNS)
    print(
        f"{name:12}{kind:5}{ndcg:9.4f}{interval:>17}{hit_rate:10.3f}{recall:8.3f}{mrr:8.3f}"
        f"{figures['users']:7,}"
    )
