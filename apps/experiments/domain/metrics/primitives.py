"""Fields of a JSON document, read one by one, with errors that name them."""

import math
from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.metrics import MetricInvalid

MOST_TEXTS = 20
MOST_TEXT = 200
_Choice = TypeVar("_Choice", bound=StrEnum)


def path_join(prefix: str, name: str) -> str:
    """The dotted path of a field below `prefix`."""
    return f"{prefix}.{name}" if prefix else name


def object_read(found: Json, path: str) -> dict[str, Json]:
    """An object.

    Raises:
        MetricInvalid: it is none.
    """
    if not isinstance(found, dict):
        raise MetricInvalid(path or "definition", "must be an object")
    return found


def fields_known(given: dict[str, Json], known: Iterable[str], path: str) -> None:
    """Refuse a field that nobody reads: a misspelt one must not be lost in silence.

    Raises:
        MetricInvalid: naming the first one.
    """
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise MetricInvalid(path_join(path, unknown[0]), "is no field of a metric")


def text_read(
    given: dict[str, Json], name: str, *, most: int, required: bool = False, path: str = ""
) -> str:
    """Text without surrounding blanks; empty when absent.

    Raises:
        MetricInvalid: no text, too long, or empty though required.
    """
    found = given.get(name)
    where = path_join(path, name)
    if found is None:
        found = ""
    if not isinstance(found, str):
        raise MetricInvalid(where, "must be text")
    found = found.strip()
    if required and not found:
        raise MetricInvalid(where, "is required")
    if len(found) > most:
        raise MetricInvalid(where, f"must be at most {most} characters")
    return found


def texts_read(given: dict[str, Json], name: str, path: str = "") -> tuple[str, ...]:
    """A list of different texts; empty when absent.

    Raises:
        MetricInvalid: something else.
    """
    found = given.get(name)
    where = path_join(path, name)
    if found is None:
        return ()
    if not isinstance(found, list) or len(found) > MOST_TEXTS:
        raise MetricInvalid(where, f"must be a list of at most {MOST_TEXTS} texts")
    texts = []
    for place, text in enumerate(found):
        if not isinstance(text, str) or not text.strip() or len(text) > MOST_TEXT:
            raise MetricInvalid(f"{where}.{place}", "must be a short text")
        texts.append(text.strip())
    if len(set(texts)) != len(texts):
        raise MetricInvalid(where, "holds a text twice")
    return tuple(texts)


def number_read(given: dict[str, Json], name: str) -> float | None:
    """A finite number, None when absent.

    Raises:
        MetricInvalid: something else.
    """
    found = given.get(name)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        raise MetricInvalid(name, "must be a number")
    return float(found)


def flag_read(given: dict[str, Json], name: str, *, default: bool) -> bool:
    """True or false.

    Raises:
        MetricInvalid: something else.
    """
    found = given.get(name, default)
    if not isinstance(found, bool):
        raise MetricInvalid(name, "must be true or false")
    return found


def choice_read(
    given: dict[str, Json],
    name: str,
    choices: type[_Choice],
    default: _Choice | None,
    path: str = "",
) -> _Choice:
    """One of the choices.

    Raises:
        MetricInvalid: something else, or absent without a default.
    """
    found = given.get(name)
    if found is None and default is not None:
        return default
    words = [choice.value for choice in choices]
    if not isinstance(found, str) or found not in words:
        raise MetricInvalid(path_join(path, name), f"must be one of {', '.join(words)}")
    return choices(found)
