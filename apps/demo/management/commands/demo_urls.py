from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.demo.services.credentials import credentials_path, credentials_read
from apps.demo.services.places import demo_base_url

WHAT_FOR = {
    "merchandiser": "edits weights, synonyms and the catalogue",
    "reviewer": "a second merchandiser, where publishing needs two",
    "analyst": "reads everything",
    "operator": "jobs, artifacts, keys",
    "admin": "everything",
}


class Command(BaseCommand):
    help = "Print the demo's addresses, logins and a first API call."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--base-url", default=demo_base_url())
        parser.add_argument("--print-key", action="store_true", help="the secret API key alone")

    def handle(self, *_args: Any, **options: Any) -> None:
        base = str(options["base_url"]).rstrip("/")
        credentials = credentials_read()
        if credentials is None:
            raise CommandError("There is no demo yet: run `manage.py demo_seed`.")
        if options["print_key"]:
            self.stdout.write(credentials.secret_key)
            return
        lines = [
            "",
            f"  Shop    {base}/",
            f"  Admin   {base}/admin/",
            f"  Results {base}/experiments/",
            f"  API     {base}/api/v1/schema",
            "",
            "  Logins for admin and results:",
            *(
                f"    {name:<13} {password:<18} {WHAT_FOR.get(name, '')}"
                for name, password in credentials.passwords.items()
            ),
            "",
            "  A first search:",
            f"    curl -s -H 'X-API-Key: {credentials.secret_key}' \\",
            f"      '{base}/api/v1/search?q=wireless+headphones&explain=true'",
            "",
            f"  These are kept in {credentials_path()} (only you may read it).",
        ]
        self.stdout.write("\n".join(lines))
