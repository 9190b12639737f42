"""Reading typed values out of JSON documents; what has the wrong type reads as absent."""

from collections.abc import Mapping

from apps.experiments.contracts.assignment import Json, Range

Document = Mapping[str, Json]
_PAIR = 2


def text_at(document: Document, key: str, default: str = "") -> str:
    """A text, or the default when it is absent or empty."""
    value = document.get(key)
    return value if isinstance(value, str) and value else default


def number_of(value: Json) -> float | None:
    """A number that is no boolean, else None."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def integer_at(document: Document, key: str, default: int) -> int:
    """A whole number, or the default when it is absent or 0 (`value || default`)."""
    value = number_of(document.get(key))
    return int(value) if value else default


def list_at(document: Document, key: str) -> list[Json]:
    """A list, empty when absent."""
    value = document.get(key)
    return value if isinstance(value, list) else []


def object_of(value: Json) -> dict[str, Json]:
    """An object, empty when the value is something else."""
    return value if isinstance(value, dict) else {}


def numbers_of(value: Json) -> tuple[float, ...] | None:
    """A list of numbers only, else None."""
    if not isinstance(value, list):
        return None
    numbers = [number for item in value if (number := number_of(item)) is not None]
    return tuple(numbers) if len(numbers) == len(value) else None


def range_of(value: Json) -> Range | None:
    """A pair of numbers, else None."""
    pair = numbers_of(value)
    return (pair[0], pair[1]) if pair is not None and len(pair) == _PAIR else None


def ranges_of(value: Json) -> tuple[Range, ...] | None:
    """A list of pairs; None when absent, pairs that cannot be read own nothing."""
    if not isinstance(value, list):
        return None
    return tuple(range_of(item) or (0.0, 0.0) for item in value)
