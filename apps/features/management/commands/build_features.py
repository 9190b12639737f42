"""`manage.py build_features`: compute every stored feature now, and publish them."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.jobs.services import job_run_now


class Command(BaseCommand):
    help = "Compute every stored feature now and publish the next serving matrix."

    def handle(self, *_args: Any, **_options: Any) -> None:
        outcome = job_run_now(job_name="features_refresh", params={"all": True})
        self.stdout.write(
            f"serving matrix version {outcome['version']}: {outcome['products']} products, "
            f"{outcome['popular_products']} with popularity"
        )
