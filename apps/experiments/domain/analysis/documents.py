"""An analysis as one JSON document and back, without a loss.

Infinite ends of intervals are written as the strings `inf` and `-inf`: JSON has no such number.
"""

import math
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import TypeVar, Union, get_args, get_origin, get_type_hints

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.results import ExperimentResults

Read = TypeVar("Read")


class DocumentInvalid(ValueError):
    """A document that is no analysis: what does not fit."""


def document_written(value: object) -> Json:
    """Any contract of frozen dataclasses, mappings, tuples, dates and enums as JSON.

    Raises:
        DocumentInvalid: a value of another kind.
    """
    if isinstance(value, Enum):
        return str(value.value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): document_written(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [document_written(each) for each in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: document_written(getattr(value, each.name)) for each in fields(value)}
    raise DocumentInvalid(f"{type(value).__name__} has no place in a document")


@cache
def _hints(kind: type) -> dict[str, object]:
    return dict(get_type_hints(kind))


def _many(hint: object, value: Json) -> object:
    """A tuple, of one kind or of one kind a place."""
    if not isinstance(value, list):
        raise DocumentInvalid(f"a list is wanted, not {type(value).__name__}")
    kinds = get_args(hint)
    if len(kinds) == 2 and kinds[1] is Ellipsis:  # noqa: PLR2004 - tuple[X, ...]
        return tuple(_value(kinds[0], each) for each in value)
    if len(kinds) != len(value):
        raise DocumentInvalid(f"{len(kinds)} values are wanted, not {len(value)}")
    return tuple(_value(kind, each) for kind, each in zip(kinds, value, strict=True))


def _mapping(hint: object, value: Json) -> object:
    if not isinstance(value, dict):
        raise DocumentInvalid(f"an object is wanted, not {type(value).__name__}")
    named, kind = get_args(hint)
    return {named(key): _value(kind, each) for key, each in value.items()}


def _union(hint: object, value: Json) -> object:
    """`X | None` is X where there is a value; a choice of plain values is itself."""
    kinds = [kind for kind in get_args(hint) if kind is not type(None)]
    return _value(kinds[0], value) if value is not None and len(kinds) == 1 else value


def _class(kind: type, value: Json) -> object:
    if is_dataclass(kind):
        return document_read(kind, value)
    if issubclass(kind, Enum):
        return kind(value)
    if issubclass(kind, date):
        return (datetime if issubclass(kind, datetime) else date).fromisoformat(str(value))
    if kind is float and isinstance(value, int | float | str):
        return float(value)
    if not isinstance(value, kind):
        raise DocumentInvalid(f"{kind.__name__} is wanted, not {type(value).__name__}")
    return value


def _value(hint: object, value: Json) -> object:
    origin = get_origin(hint)
    if origin is tuple:
        return _many(hint, value)
    if origin in {Union, types.UnionType}:
        return _union(hint, value)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(hint, value)
    return _class(hint, value) if isinstance(hint, type) else value


def document_read(kind: type[Read], document: Json) -> Read:
    """The dataclass of this kind that a document was written from.

    Raises:
        DocumentInvalid: a field is missing or of another kind.
    """
    if not isinstance(document, dict):
        raise DocumentInvalid(f"{kind.__name__} is wanted, not {type(document).__name__}")
    plain: type = kind
    try:
        known = {
            name: _value(hint, document[name])
            for name, hint in _hints(plain).items()
            if name in document
        }
        return kind(**known)
    except (TypeError, ValueError) as error:
        raise DocumentInvalid(f"{kind.__name__}: {error}") from error


def results_document(results: ExperimentResults) -> dict[str, Json]:
    """The document that is stored, frozen with a decision, and answered by the API."""
    document = document_written(results)
    if not isinstance(document, dict):  # pragma: no cover - a dataclass is an object
        raise DocumentInvalid("an analysis is an object")
    return document


def results_read(document: Json) -> ExperimentResults:
    """The analysis that a document holds.

    Raises:
        DocumentInvalid: it holds none.
    """
    return document_read(ExperimentResults, document)
