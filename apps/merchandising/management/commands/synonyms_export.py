"""Write the published synonyms as CSV."""

from apps.merchandising.management.csv_commands import ExportCommand
from apps.merchandising.services_csv import synonyms_export


class Command(ExportCommand):
    help = "Write the published synonyms as CSV."

    def exported(self) -> str:
        return synonyms_export()
