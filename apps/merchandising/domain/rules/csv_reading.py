"""Rules from CSV: everything that is wrong, with its line and column, or all the rules."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from apps.merchandising.contracts_rule_views import RuleImportError
from apps.merchandising.contracts_rules import MerchandisingRule, RuleInvalid
from apps.merchandising.domain.rules.content import rule_parse
from apps.merchandising.domain.rules.csv_cells import cell_plain, pairs_of_cell, values_of_cell
from apps.merchandising.domain.rules.csv_writing import (
    COLUMNS,
    CONSEQUENCE_COLUMNS,
    RULE_COLUMNS,
)

MOST_LINES = 50_000
MOST_ERRORS = 100
_DELIMITERS = ",;\t"
_NEEDED = ("key", "title", "do")
_TOP = ("title", "priority", "campaign", "reach")
_NUMBERS = ("priority", "position", "factor")
_Cells = Mapping[str, str]


class RulesFileInvalid(ValueError):
    """A file that cannot be imported; `errors` says every reason, by line."""

    def __init__(self, errors: tuple[RuleImportError, ...]) -> None:
        super().__init__(f"There are {len(errors)} errors in this file.")
        self.errors = errors


@dataclass(slots=True)
class _Block:
    """The lines of one rule: (line, cells), the first with the rule's own columns."""

    key: str
    lines: list[tuple[int, _Cells]]


@dataclass(slots=True)
class _Reading:
    """What was read so far, and what was wrong."""

    rules: dict[str, tuple[int, MerchandisingRule]] = field(default_factory=dict)
    errors: list[RuleImportError] = field(default_factory=list)

    def refuse(self, line: int, column: str, message: str) -> None:
        self.errors.append(RuleImportError(line, column, message))


def rules_read(text: str) -> tuple[tuple[int, MerchandisingRule], ...]:
    """(line, rule) of each rule, in the file's order; version numbers are 0.

    Raises:
        RulesFileInvalid: with what is wrong, at most a hundred things.
    """
    reading = _Reading()
    for block in _blocks(text, reading):
        _block_read(block, reading)
    if reading.errors:
        told = sorted(reading.errors, key=lambda each: each.line)
        raise RulesFileInvalid(tuple(told[:MOST_ERRORS]))
    return tuple(reading.rules.values())


def lines_read(
    text: str, columns: tuple[str, ...], needed: tuple[str, ...]
) -> Iterator[tuple[int, _Cells]]:
    """(line, cells by column) of a CSV file; empty lines are left out.

    Raises:
        RulesFileInvalid: the header or a line is none.
    """
    body = text.removeprefix("\ufeff")
    first = body.partition("\n")[0]
    reader = csv.reader(
        io.StringIO(body), delimiter=max(_DELIMITERS, key=first.count), strict=True
    )
    try:
        header = [name.strip() for name in next(reader, [])]
        _header_check(header, columns, needed)
        line = reader.line_num + 1
        for row in reader:
            if any(cell.strip() for cell in row):
                yield line, _cells(line, header, row)
            line = reader.line_num + 1
    except csv.Error as error:
        raise _refusal(reader.line_num, "", f"This is no CSV: {error}.") from error


def _header_check(header: list[str], columns: tuple[str, ...], needed: tuple[str, ...]) -> None:
    for name in header:
        if name not in columns:
            raise _refusal(1, name, f"There is no column '{name}'.")
        if header.count(name) > 1:
            raise _refusal(1, name, f"The column '{name}' stands here twice.")
    for name in needed:
        if name not in header:
            raise _refusal(1, name, f"The column '{name}' is missing.")


def _cells(line: int, header: list[str], row: list[str]) -> _Cells:
    if line > MOST_LINES:
        raise _refusal(line, "", f"A file has at most {MOST_LINES} lines.")
    if len(row) > len(header):
        raise _refusal(line, "", f"There are {len(row)} cells for {len(header)} columns.")
    return {
        name: cell_plain(cell.strip())
        for name, cell in zip(header, row, strict=False)
        if cell.strip()
    }


def _refusal(line: int, column: str, message: str) -> RulesFileInvalid:
    return RulesFileInvalid((RuleImportError(line, column, message),))


def _blocks(text: str, reading: _Reading) -> Iterator[_Block]:
    block: _Block | None = None
    for line, cells in lines_read(text, COLUMNS, _NEEDED):
        key = cells.get("key", "")
        if not key:
            reading.refuse(line, "key", "Every line names its rule.")
        elif block is None or key != block.key:
            if block is not None:
                yield block
            block = _Block(key, [(line, cells)])
        else:
            said = [name for name in RULE_COLUMNS[1:] if name in cells]
            if any(cells[name] != block.lines[0][1].get(name) for name in said):
                reading.refuse(line, said[0], "This stands on the rule's first line only.")
            block.lines.append((line, cells))
    if block is not None:
        yield block


def _block_read(block: _Block, reading: _Reading) -> None:
    first = block.lines[0][0]
    if block.key in reading.rules:
        there = reading.rules[block.key][0]
        reading.refuse(first, "key", f"The rule '{block.key}' stands on line {there} already.")
        return
    content = _content(block, reading)
    if content is None:
        return
    try:
        reading.rules[block.key] = first, rule_parse(block.key, 0, content)
    except RuleInvalid as error:
        line, column = _place(block, error.field)
        reading.refuse(line, column, error.message)


def _content(block: _Block, reading: _Reading) -> dict[str, object] | None:
    """The block's JSON content, not yet checked; None when a cell cannot be read at all."""
    before = len(reading.errors)
    first_line, first = block.lines[0]
    own = _read_cells(first_line, first, RULE_COLUMNS[1:], reading)
    consequences = [
        _consequence(_read_cells(line, cells, CONSEQUENCE_COLUMNS, reading))
        for line, cells in block.lines
    ]
    if len(reading.errors) > before:
        return None
    top = {
        name: own.pop(name) for name in ("title", "priority", "campaign", "reach") if name in own
    }
    return top | {"conditions": own, "consequences": consequences}


def _consequence(cells: dict[str, object]) -> dict[str, object]:
    products = cells.get("products")
    if cells.get("do") == "pin" and isinstance(products, list) and len(products) == 1:
        del cells["products"]
        cells["product"] = products[0]
    return cells


def _read_cells(
    line: int, cells: _Cells, columns: tuple[str, ...], reading: _Reading
) -> dict[str, object]:
    found: dict[str, object] = {}
    for name in columns:
        if name in cells:
            try:
                found[name] = _READERS.get(name, str)(cells[name])
            except ValueError as error:
                reading.refuse(line, name, str(error))
    return found


def _queries(cell: str) -> object:
    found = []
    for part in values_of_cell(cell):
        match, colon, text = part.partition(":")
        if not colon:
            raise ValueError(f"'{part}' is not of the form exact: words.")
        found.append({"match": match.strip(), "text": text.strip()})
    return found


def _variants(cell: str) -> object:
    return [
        {"experiment": name, "variants": values} for name, values in pairs_of_cell(cell).items()
    ]


def _whole(cell: str) -> object:
    try:
        return int(cell)
    except ValueError:
        raise ValueError(f"'{cell}' is no whole number.") from None


def _payload(cell: str) -> object:
    try:
        return json.loads(cell)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError("This is no JSON.") from error


_READERS: dict[str, Callable[[str], object]] = {
    "queries": _queries,
    "categories": values_of_cell,
    "segments": values_of_cell,
    "devices": values_of_cell,
    "products": values_of_cell,
    "attributes": pairs_of_cell,
    "filters": pairs_of_cell,
    "variants": _variants,
    "payload": _payload,
    **dict.fromkeys(_NUMBERS, _whole),
}


def _place(block: _Block, path: str) -> tuple[int, str]:
    """Line and column of a dotted field."""
    parts = path.split(".")
    if parts[0] == "consequences":
        if len(parts) == 1:
            return block.lines[0][0], "do"
        line = block.lines[int(parts[1]) - 1][0]
        name = parts[2] if len(parts) > 2 else "do"  # noqa: PLR2004 - consequences.<n>.<field>
        return line, "products" if name == "product" else name
    name = parts[1] if parts[0] == "conditions" and len(parts) > 1 else parts[0]
    return block.lines[0][0], name
