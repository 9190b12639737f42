"""Draft the rules of a CSV file. Exit 1: it has errors, and nothing was stored."""

from apps.merchandising.management.csv_commands import ImportCommand
from apps.merchandising.services_csv import rules_import


class Command(ImportCommand):
    help = "Draft the rules of a CSV file; what is published just so is left alone."

    def imported(self, text: str) -> str:
        done = rules_import(text=text, actor=None)
        return f"{len(done.drafts)} rules drafted, {len(done.unchanged)} unchanged."
