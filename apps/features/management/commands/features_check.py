"""`manage.py features_check [--repair]`: is what is served what is stored?"""

import sys
from argparse import ArgumentParser
from typing import Any

import redis
from django.core.management.base import BaseCommand, CommandError

from apps.features.services_check import features_check


class Command(BaseCommand):
    help = "Compare features in Redis and in the serving matrix with the offline store."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repair", action="store_true", help="write what differs again")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            report = features_check(repair=options["repair"])
        except redis.RedisError as error:
            raise CommandError(f"Redis does not answer: {error}") from error
        if report.moved:
            self.stdout.write("features were refreshed meanwhile: nothing was compared")
            return
        self.stdout.write(
            f"{report.products:,} products, {report.online:,} of them in Redis; "
            f"{report.users:,} users"
        )
        for words, counts in (("in Redis", report.different), ("in the matrix", report.behind)):
            for key, count in (counts or {}).items():
                if count:
                    self.stdout.write(f"{key}: {count:,} values differ {words}")
        if report.repaired:
            self.stdout.write(f"{report.repaired:,} products and users were mended in Redis")
        if not report.consistent and not options["repair"]:
            sys.exit(1)
