import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.experiments.domain.statistics.cases.reader import CaseInvalid
from apps.experiments.domain.statistics.cases.runner import cases_run


class Command(BaseCommand):
    help = (
        "Compute statistics from aggregates: JSON cases on standard input (one, a list, or an "
        'object with "cases"), a JSON list of {"name", "result"} or {"name", "error"} on standard '
        "output. See docs/statistics.md."
    )
    requires_system_checks = ()

    def handle(self, *_args: object, **_options: Any) -> None:
        try:
            answers = cases_run(json.load(sys.stdin))
        except (CaseInvalid, json.JSONDecodeError) as error:
            raise CommandError(f"Cannot read the cases: {error}") from error
        self.stdout.write(json.dumps(answers, allow_nan=False, indent=1))
