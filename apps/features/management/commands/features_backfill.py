"""`manage.py features_backfill --from 2026-01-01 --to 2026-03-31`: values of days gone by."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.common.errors import InvalidInput
from apps.features.contracts_store import Feature, FeatureUnknown, StoredRun
from apps.features.domain.registry import feature_answering, feature_of, features_stored
from apps.features.selectors_state import feature_records
from apps.features.services_backfill import features_backfill


class Command(BaseCommand):
    help = "Compute stored features as they were at the beginning of each UTC day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="first", required=True, type=_day, help="first UTC day")
        parser.add_argument("--to", dest="last", required=True, type=_day, help="last UTC day")
        parser.add_argument(
            "--feature", action="append", default=[], help="name or name@version; more than once"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            report = features_backfill(
                first=options["first"],
                last=options["last"],
                features=features_named(options["feature"]),
                told=self._told,
            )
        except InvalidInput as error:
            raise CommandError(f"--{error.extra['field']}: {error.message}") from error
        self.stdout.write(
            f"{report.computed} runs computed with {report.values:,} values, "
            f"{report.there} there already"
        )

    def _told(self, key: str, day: date, run: StoredRun | None) -> None:
        self.stdout.write(f"{day} {key}: " + ("there" if run is None else f"{run.rows:,} values"))


def features_named(names: list[str]) -> list[Feature]:
    """The features by name; none named: all that can be computed for the past.

    Raises:
        CommandError: one is not registered.
    """
    if not names:
        return [each for each in features_stored() if each.spec.past]
    records = feature_records()
    try:
        return [
            feature_of(each) if "@" in each else feature_answering(each, records) for each in names
        ]
    except FeatureUnknown as error:
        raise CommandError(f"--feature: {error}") from error


def _day(text: str) -> date:
    return date.fromisoformat(text)
