"""Write every rule as CSV."""

from apps.merchandising.management.csv_commands import ExportCommand
from apps.merchandising.services_csv import rules_export


class Command(ExportCommand):
    help = "Write rules as CSV: what is published, else drafts; without what is retired."

    def exported(self) -> str:
        return rules_export()
