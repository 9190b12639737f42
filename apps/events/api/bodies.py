"""From a request's body to a list of items and how to read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from apps.common.errors import InvalidInput
from apps.events.contracts import Shape
from apps.events.domain.ubi import ubi_looks_like

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False, "": False}
_STARTS = {"0": 0, "1": 1}


@dataclass(frozen=True, slots=True)
class Options:
    """The query string, read."""

    shape: Shape | None
    atomic: bool
    ordinal_start: int | None


@dataclass(frozen=True, slots=True)
class Envelope:
    """The items of a body; `single` when it was one bare item."""

    items: list[Mapping[str, object]]
    shape: Shape
    single: bool


def options_read(query: QueryDict, *, known: frozenset[str]) -> Options:
    """The options of a request.

    Raises:
        InvalidInput: an unknown or unreadable one, named.
    """
    for name in query:
        if name not in known:
            raise InvalidInput(f"Unknown parameter {name}.", field=name, code="unknown_parameter")
    shape = query.get("shape")
    return Options(
        shape=None if shape is None else _choice("shape", str(shape), _SHAPES),
        atomic=_choice("atomic", query.get("atomic", "").lower(), _BOOLEANS),
        ordinal_start=(
            _choice("ordinal_start", str(query["ordinal_start"]), _STARTS)
            if "ordinal_start" in query
            else None
        ),
    )


_SHAPES = {"native": Shape.NATIVE, "ubi": Shape.UBI}


def _choice(name: str, given: str, choices: Mapping[str, Any]) -> Any:
    if given not in choices:
        listed = ", ".join(filter(None, choices))
        raise InvalidInput(f"{name} must be one of {listed}.", field=name)
    return choices[given]


def envelope_open(body: Any, shape: Shape | None) -> Envelope:
    """One object, `{"events": [...]}`, a bare list, or UBI's pair of lists.

    Raises:
        InvalidInput: none of these.
    """
    if isinstance(body, list):
        return Envelope(body, _shape(shape, body), single=False)
    if not isinstance(body, dict):
        raise InvalidInput(
            "The body is one event, a list of events, or an object with `events`.",
            field="body",
            code="malformed",
        )
    if body.keys() & {"ubi_queries", "ubi_events"}:
        return Envelope(_ubi_lists(body), shape or Shape.UBI, single=False)
    if "events" in body:
        _only(body, "events")
        items = _list(body, "events")
        return Envelope(items, _shape(shape, items), single=False)
    return Envelope([body], _shape(shape, body), single=True)


def _shape(asked: Shape | None, body: Any) -> Shape:
    return asked or (Shape.UBI if ubi_looks_like(body) else Shape.NATIVE)


def _ubi_lists(body: Mapping[str, Any]) -> list[Mapping[str, object]]:
    _only(body, "ubi_queries", "ubi_events")
    return [row for name in ("ubi_queries", "ubi_events") for row in _list(body, name)]


def _only(body: Mapping[str, Any], *names: str) -> None:
    for name in body:
        if name not in names:
            raise InvalidInput(f"Unknown field {name}.", field=name, code="unknown_field")


def _list(body: Mapping[str, Any], name: str) -> list[Mapping[str, object]]:
    found = body.get(name, [])
    if not isinstance(found, list):
        raise InvalidInput(f"{name} must be a list.", field=name)
    return found
