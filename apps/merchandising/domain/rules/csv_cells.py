"""Several values in one cell: `a | b`, and pairs `name=a | name=b`; a backslash guards a sign.

A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula and works it out,
so that whoever writes a title could have something run where the file is opened. Such a cell
goes out behind an apostrophe.
"""

import re
from collections.abc import Mapping, Sequence

_BETWEEN = " | "
# Apostrophes may stand before it, so that what begins with one comes back, too.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_WHOLE = re.compile(r"-?[0-9]+")
_PART = re.compile(r"(?:\\.|[^|\\])+", re.DOTALL)
_NAME = re.compile(r"((?:\\.|[^=\\])*)=(.*)", re.DOTALL)
_GUARDED = re.compile(r"\\(.)", re.DOTALL)


def cell_guard(cell: str) -> str:
    """The cell that no spreadsheet takes for a formula, and that `cell_plain` reads back.

    A cell that looks guarded already gets one apostrophe more; a number stays as it is.

    Source: OWASP, "CSV Injection".
    """
    return f"'{cell}" if _FORMULA.match(cell) and not _WHOLE.fullmatch(cell) else cell


def cell_plain(cell: str) -> str:
    """The cell without the one apostrophe that `cell_guard` put before it."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def values_cell(values: Sequence[str]) -> str:
    """The cell that `values_of_cell` reads back."""
    return _BETWEEN.join(_guard(value, "|\\") for value in values)


def values_of_cell(cell: str) -> list[str]:
    """The values of a cell, without blanks around them; empty ones are left out."""
    return [_plain(part) for part in _parts(cell)]


def pairs_cell(pairs: Mapping[str, Sequence[str]]) -> str:
    """The cell that `pairs_of_cell` reads back."""
    return _BETWEEN.join(
        f"{_guard(name, '=|' + chr(92))}={_guard(value, '|' + chr(92))}"
        for name, values in pairs.items()
        for value in values
    )


def pairs_of_cell(cell: str) -> dict[str, list[str]]:
    """Name → values, in the order given.

    Raises:
        ValueError: a part has no `=`.
    """
    found: dict[str, list[str]] = {}
    for part in _parts(cell):
        match = _NAME.fullmatch(part)
        if match is None:
            raise ValueError(f"'{part}' is not of the form name=value.")
        found.setdefault(_plain(match.group(1).strip()), []).append(_plain(match.group(2).strip()))
    return found


def _parts(cell: str) -> list[str]:
    return [part.strip() for part in _PART.findall(cell) if part.strip()]


def _guard(text: str, signs: str) -> str:
    return "".join(f"\\{letter}" if letter in signs else letter for letter in text)


def _plain(text: str) -> str:
    return _GUARDED.sub(r"\1", text)
