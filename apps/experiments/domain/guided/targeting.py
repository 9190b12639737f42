"""Targeting as rows of attribute, operator and value, and as the condition they mean."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.experiments.contracts.assignment import Json

# What a row's operator reads, in the order of the list.
OPERATORS: Mapping[str, str] = {
    "is": "is",
    "$ne": "is not",
    "$in": "is one of",
    "$nin": "is none of",
    "$gte": "is at least",
    "$lte": "is at most",
    "$gt": "is above",
    "$lt": "is below",
    "$vgte": "is version … or later",
    "$vlt": "is a version before",
    "$regex": "matches the pattern",
    "exists": "is there",
    "missing": "is not there",
}
_LISTS = frozenset({"$in", "$nin"})
_TEXTS = frozenset({"$vgte", "$vlt", "$regex"})
_PRESENCE: Mapping[str, bool] = {"exists": True, "missing": False}


class RowInvalid(ValueError):
    """A row that means nothing: its place from 0, and why."""

    def __init__(self, place: int, message: str) -> None:
        """Keep the place beside the message."""
        super().__init__(message)
        self.place = place
        self.message = message


@dataclass(frozen=True, slots=True)
class TargetingRow:
    """One line of the simple builder; `operator` is a key of OPERATORS."""

    attribute: str
    operator: str
    value: str = ""


def condition_of(rows: Sequence[TargetingRow]) -> dict[str, Json]:
    """The condition that holds when every row holds; no rows hold for everybody.

    Raises:
        RowInvalid: a value is missing, or two rows say the same thing of one attribute.
    """
    condition: dict[str, Json] = {}
    for place, row in enumerate(rows):
        part = _part(place, row)
        present = condition.get(row.attribute)
        if present is None and row.attribute not in condition:
            condition[row.attribute] = part
        elif not isinstance(present, dict) or not isinstance(part, dict) or {*present} & {*part}:
            raise RowInvalid(place, f"There is a row on {row.attribute} already.")
        else:
            condition[row.attribute] = {**present, **part}
    return condition


def rows_of(condition: Mapping[str, Json]) -> tuple[TargetingRow, ...] | None:
    """The rows that mean this condition; None when rows cannot say it."""
    rows: list[TargetingRow] = []
    for attribute, expected in condition.items():
        if isinstance(expected, dict):
            rows += [_row(attribute, name, value) for name, value in expected.items()]
        else:
            rows.append(_row(attribute, "is", expected))
    try:
        said = condition_of(rows)
    except (RowInvalid, KeyError):
        return None
    return tuple(rows) if json.dumps(said) == json.dumps(dict(condition)) else None


def value_read(text: str) -> Json:
    """What a typed value means: numbers, true and false are themselves, quotes make a text."""
    stripped = text.strip()
    try:
        value: Json = json.loads(stripped)
    except ValueError:
        return stripped
    return value if isinstance(value, str | bool | int | float) else stripped


def value_written(value: Json) -> str:
    """A value as it is typed, so that reading it gives it again."""
    if isinstance(value, str):
        plain = value_read(value) == value and "," not in value
        return value if plain else json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False)


def _part(place: int, row: TargetingRow) -> Json:
    if row.operator in _PRESENCE:
        return {"$exists": _PRESENCE[row.operator]}
    if not row.value.strip():
        raise RowInvalid(place, "This row needs a value.")
    if row.operator in _LISTS:
        return {row.operator: [value_read(each) for each in _list_split(row.value)]}
    if row.operator in _TEXTS:
        return {row.operator: row.value.strip()}
    value = value_read(row.value)
    return value if OPERATORS[row.operator] == "is" else {row.operator: value}


def _row(attribute: str, name: str, value: Json) -> TargetingRow:
    if name == "$exists":
        return TargetingRow(attribute, "exists" if value else "missing")
    if name in _LISTS and isinstance(value, list):
        return TargetingRow(attribute, name, ", ".join(value_written(each) for each in value))
    if name in _TEXTS and isinstance(value, str):
        return TargetingRow(attribute, name, value)
    return TargetingRow(attribute, name, value_written(value))


def _list_split(text: str) -> list[str]:
    """Split at commas outside of quotes."""
    parts, quoted = [""], False
    for character in text:
        quoted ^= character == '"'
        if character == "," and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return [part for part in parts if part.strip()]
