from typing import Any

from django.core.management.base import BaseCommand

from apps.catalog.restamping import catalog_restamp


class Command(BaseCommand):
    help = "After restoring a dump into another cluster: stamp rows that lie in its future anew."

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(f"{catalog_restamp()} rows stamped anew")
