import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.common.errors import ApplicationError
from apps.demo.services.places import demo_origins
from apps.demo.services.seed import demo_seed
from apps.demo.services.stages import DEFAULT_DAYS, DEFAULT_PRODUCTS, DEFAULT_SEED, DemoOptions


class Command(BaseCommand):
    help = "Make the demo: catalogue, people, keys, history, index. Goes on where it stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--products", type=int, help=f"about how many ({DEFAULT_PRODUCTS})")
        parser.add_argument("--days", type=int, help=f"days of history ({DEFAULT_DAYS})")
        parser.add_argument("--seed", type=int, help=f"of everything random ({DEFAULT_SEED})")

    def handle(self, *_args: Any, **options: Any) -> None:
        started = time.monotonic()
        asked = DemoOptions(options["products"], options["days"], options["seed"])
        try:
            changed = demo_seed(options=asked, origins=demo_origins(), say=self._say)
        except ApplicationError as error:
            raise CommandError(error.message) from error
        if changed:
            self._say(f"The demo is ready ({time.monotonic() - started:.1f} s).")
        else:
            self._say("The demo is ready; there was nothing to do.")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
