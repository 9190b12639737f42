"""Values as audit rows keep them: JSON, and without secrets."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from math import isfinite

JsonValue = None | bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"]
REDACTED = "…"
LONGEST_TEXT = 20_000


def json_safe(value: object) -> JsonValue:
    """`value` as JSON can hold it; what it cannot hold becomes its text."""
    if isinstance(value, Enum):
        return json_safe(value.value)
    if isinstance(value, Mapping):
        return {_text(str(key)): json_safe(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_safe(item) for item in value]
    if isinstance(value, set | frozenset):
        return [json_safe(item) for item in sorted(value, key=str)]
    return _scalar(value)


def _scalar(value: object) -> JsonValue:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and isfinite(value):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return f"{len(value)} bytes"
    return _text(str(value))


def _text(value: str) -> str:
    # PostgreSQL's jsonb has no place for NUL, and none for half a surrogate pair.
    clean = value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    return clean if len(clean) <= LONGEST_TEXT else clean[:LONGEST_TEXT] + REDACTED


def changes_between(
    before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]
) -> tuple[dict[str, JsonValue], dict[str, JsonValue]]:
    """Only the fields that differ, as they were and as they are; a missing one is None."""
    names = [
        name for name in dict.fromkeys((*before, *after)) if before.get(name) != after.get(name)
    ]
    return {name: before.get(name) for name in names}, {name: after.get(name) for name in names}
