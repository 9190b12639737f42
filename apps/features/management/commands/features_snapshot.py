"""`manage.py features_snapshot --as-of 2026-03-01 --out frame.parquet`: a training frame."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.common.errors import InvalidInput
from apps.features.contracts import USER_ENTITIES, Entity
from apps.features.contracts_store import FeatureUnknown, FeatureUnsuited
from apps.features.domain.registry import features_wanted
from apps.features.selectors_state import feature_records, latest_runs
from apps.features.services_snapshot import features_snapshot

_KINDS = {
    "product": (Entity.PRODUCT,),
    "user": USER_ENTITIES,
}


class Command(BaseCommand):
    help = "Write what features were at a moment as Parquet; nothing later is in it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as-of", type=_moment, default=None, help="UTC; left out: now")
        parser.add_argument("--out", required=True, type=Path, help="the Parquet file")
        parser.add_argument("--entity", choices=sorted(_KINDS), default="product")
        parser.add_argument(
            "--feature", action="append", default=[], help="name or name@version; more than once"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        as_of = options["as_of"] or timezone.now()
        try:
            features = features_wanted(
                _KINDS[options["entity"]], options["feature"], records=feature_records()
            )
            if not options["feature"]:
                # All that had been computed by then: a rate needs somebody who tried.
                there = latest_runs(until=as_of)
                features = tuple(each for each in features if each.spec.key in there)
            report = features_snapshot(as_of=as_of, features=features, out=options["out"])
        except (FeatureUnknown, FeatureUnsuited) as error:
            raise CommandError(f"--feature: {error}") from error
        except InvalidInput as error:
            raise CommandError(error.message) from error
        except OSError as error:
            raise CommandError(f"--out: {error}") from error
        for key, moment in report.as_of.items():
            self.stdout.write(f"{key} as of {moment:%Y-%m-%d %H:%M}")
        self.stdout.write(f"{report.rows:,} rows in {options['out']}")


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
