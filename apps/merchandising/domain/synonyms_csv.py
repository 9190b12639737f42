"""Synonyms as CSV: `kind,from,terms`, terms separated by `|`."""

import csv
import io
from collections.abc import Iterable

from apps.merchandising.contracts import SynonymEntry, SynonymsInvalid
from apps.merchandising.contracts_rule_views import RuleImportError
from apps.merchandising.domain.rules.csv_cells import cell_guard, values_cell, values_of_cell
from apps.merchandising.domain.rules.csv_reading import RulesFileInvalid, lines_read
from apps.merchandising.domain.synonyms import entries_json, entries_parse

COLUMNS = ("kind", "from", "terms")


def synonyms_csv(entries: Iterable[SynonymEntry]) -> str:
    """The file that `synonyms_csv_read` reads back as the same entries."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(COLUMNS)
    for entry in entries:
        cells = (entry.kind.value, entry.source, values_cell(entry.terms))
        writer.writerow([cell_guard(cell) for cell in cells])
    return written.getvalue()


def synonyms_csv_read(text: str) -> list[dict[str, str | list[str]]]:
    """The entries as JSON, in the file's order.

    Raises:
        RulesFileInvalid: with the line of the first entry that cannot be used.
    """
    lines: list[int] = []
    rows: list[object] = []
    for line, cells in lines_read(text, COLUMNS, ("kind", "terms")):
        row: dict[str, object] = {"terms": values_of_cell(cells.get("terms", ""))}
        rows.append(row | {name: cells[name] for name in ("kind", "from") if name in cells})
        lines.append(line)
    try:
        return entries_json(entries_parse(rows))
    except SynonymsInvalid as error:
        column, _sign, said = str(error).partition(": ")
        told = RuleImportError(lines[error.line - 1], "", _sentence(said or column, lines))
        raise RulesFileInvalid((told,)) from error


def _sentence(message: str, lines: list[int]) -> str:
    """The message with the file's line instead of the entry's number."""
    before, entry, number = message.rstrip(".").rpartition("entry ")
    if not entry or not number.isdigit():
        return message[:1].upper() + message[1:]
    return f"{before[:1].upper()}{before[1:]}line {lines[int(number) - 1]}."
