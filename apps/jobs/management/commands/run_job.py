"""manage.py run_job NAME [--param key=value …] [--background]."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.common.errors import ApplicationError
from apps.jobs.contracts import JsonScalar
from apps.jobs.services import job_run_now, run_request


class Command(BaseCommand):
    help = "Run a registered job here and now, or queue it for the workers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--param", action="append", default=[], metavar="KEY=VALUE")
        parser.add_argument("--background", action="store_true", help="queue it for a worker")

    def handle(self, *_args: Any, **options: Any) -> None:
        params = dict(_param_parse(text) for text in options["param"])
        try:
            if options["background"]:
                run_id = run_request(job_name=options["name"], params=params)
                answer: dict[str, JsonScalar] = {"run_id": run_id}
            else:
                answer = dict(job_run_now(job_name=options["name"], params=params))
        except ApplicationError as error:
            raise CommandError(error.message) from error
        self.stdout.write(json.dumps(answer))


def _param_parse(text: str) -> tuple[str, JsonScalar]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise CommandError(f"--param takes KEY=VALUE, not {text!r}")
    try:
        parsed = json.loads(value)
    except json.JSONDecodeError:
        return name, value
    # Only scalars are parameters; anything else was meant as text.
    return name, parsed if isinstance(parsed, int | float | bool | None) else value
