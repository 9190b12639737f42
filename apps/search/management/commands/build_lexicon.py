import json
import sys
from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from apps.jobs.services import job_run_now


class Command(BaseCommand):
    help = "Build and publish the lexicon that search finds words in, when it is far behind."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--force", action="store_true", help="build it in any case")
        parser.add_argument("--json", action="store_true", help="print the outcome as JSON")

    def handle(self, *args: object, **options: object) -> None:
        del args
        outcome = job_run_now(
            job_name="build_lexicon", params={"force": True} if options["force"] else None
        )
        if options["json"]:
            json.dump(dict(outcome), sys.stdout)
            return
        if not outcome["number"]:
            print(f"the lexicon stands; {outcome['changed']} products changed since")
            return
        print(
            f"version {outcome['number']} published: {outcome['products']} products, "
            f"{outcome['words']} words"
        )
