from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.access.contracts import Scope
from apps.access.services import api_key_create
from apps.common.errors import ApplicationError


class Command(BaseCommand):
    help = "Make an API key. Its secret is printed now and never again; only a hash is stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True, help="what uses it")
        parser.add_argument(
            "--scope", action="append", required=True, choices=[str(scope) for scope in Scope]
        )
        parser.add_argument("--public", action="store_true", help="a storefront key")
        parser.add_argument("--origin", action="append", default=[], help="https://shop.example")
        parser.add_argument("--allow", action="append", default=[], help="a network: 10.0.0.0/8")
        parser.add_argument("--deny", action="append", default=[], help="a network")
        parser.add_argument("--rate-per-minute", type=int, default=None)
        parser.add_argument("--expires-days", type=float, default=None)
        parser.add_argument("--json", action="store_true")

    def handle(self, *_args: object, **options: Any) -> None:
        days = options["expires_days"]
        try:
            issued = api_key_create(
                name=options["name"],
                scopes=options["scope"],
                public=options["public"],
                allowed_origins=options["origin"],
                allowed_networks=options["allow"],
                denied_networks=options["deny"],
                rate_per_minute=options["rate_per_minute"],
                expires_at=timezone.now() + timedelta(days=days) if days is not None else None,
            )
        except ApplicationError as error:
            raise CommandError(f"{error.extra.get('field', '')}: {error.message}") from error
        if options["json"]:
            body = {"key": issued.key, "secret_once": issued.secret_once}
            self.stdout.write(msgspec.json.encode(body).decode())
            return
        self.stdout.write(issued.secret_once)
        self.stderr.write(f"Key {issued.key.prefix} is ready. This was the only time to read it.")
