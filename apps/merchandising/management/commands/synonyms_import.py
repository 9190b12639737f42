"""Draft the synonyms of a CSV file. Exit 1: it has errors, and nothing was stored."""

from apps.merchandising.management.csv_commands import ImportCommand
from apps.merchandising.services_csv import synonyms_import


class Command(ImportCommand):
    help = "Draft the synonyms of a CSV file, in place of all that are published."

    def imported(self, text: str) -> str:
        draft = synonyms_import(text=text, actor=None)
        return f"Version {draft.number} of the synonyms is drafted."
