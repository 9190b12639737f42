import json
import sys
from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from apps.jobs.services import job_run_now


class Command(BaseCommand):
    help = "Encode changed products and publish index and query encoder; --all does everything."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="encode every product again")
        parser.add_argument("--json", action="store_true", help="print the outcome as JSON")

    def handle(self, *args: object, **options: object) -> None:
        del args
        outcome = job_run_now(
            job_name="embed_products", params={"all": True} if options["all"] else None
        )
        if options["json"]:
            json.dump(dict(outcome), sys.stdout)
            return
        number = outcome["index_number"]
        print(
            f"{outcome['seen']} products looked at, {outcome['encoded']} encoded in "
            f"{outcome['encode_s']} s, {outcome['deleted']} removed; "
            + (f"index version {number} published" if number else "the index stands")
        )
