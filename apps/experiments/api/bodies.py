"""From a request's bytes to typed bodies; every fault names its field."""

from collections.abc import Sequence
from typing import Annotated, TypeVar

import msgspec
from django.http import HttpRequest, HttpResponse
from msgspec import Meta, Struct

from apps.common.api.bodies import body_json
from apps.common.errors import InvalidInput
from apps.events.contracts import ItemError
from apps.events.domain.items import MAX_BODY_BYTES, MAX_ITEMS, fault_of

ItemT = TypeVar("ItemT")
Json = dict[str, object]
UnitText = Annotated[str, Meta(max_length=200)]
Token = Annotated[str, Meta(max_length=8192)]


class AssignUnit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One unit: its id, and what is known of it beside that."""

    unit: UnitText = ""
    attributes: Json = msgspec.field(default_factory=dict)
    sticky_token: Token = ""


class AssignMany(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to 1,000 units; `attributes` hold for all of them."""

    units: Annotated[list[AssignUnit | UnitText], Meta(max_length=MAX_ITEMS)]
    attributes: Json = msgspec.field(default_factory=dict)


class QaLinkBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which variant to show, and for how long."""

    variant: Annotated[str, Meta(min_length=1, max_length=100)]
    hours: float = 24.0


def body_as(request: HttpRequest, kind: type[ItemT]) -> ItemT:
    """The body as one value of a type.

    Raises:
        TooLarge, InvalidInput: it is not one.
    """
    return converted(body_json(request, most_bytes=MAX_BODY_BYTES), kind)


def converted(raw: object, kind: type[ItemT]) -> ItemT:
    """A decoded value as a typed one.

    Raises:
        InvalidInput: naming the field.
    """
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        fault = fault_of(error)
        raise InvalidInput(fault.message, field=fault.field, code=fault.code) from error


def reports_read(
    request: HttpRequest, kind: type[ItemT], name: str
) -> tuple[list[ItemT | None], list[ItemError], bool]:
    """One report, a list, or an object with the list under `name`.

    Answers the reports (None where one cannot be read), their errors, and whether it was one
    bare report.

    Raises:
        TooLarge, InvalidInput: the body itself cannot be read.
    """
    body = body_json(request, most_bytes=MAX_BODY_BYTES)
    single = isinstance(body, dict) and name not in body
    listed = body[name] if isinstance(body, dict) and not single else body
    raw = [body] if single else listed
    if not isinstance(raw, list) or (isinstance(body, dict) and not single and len(body) > 1):
        raise InvalidInput(
            f"The body is one object, a list, or an object with `{name}`.",
            field="body",
            code="malformed",
        )
    if len(raw) > MAX_ITEMS:
        raise InvalidInput(
            f"A request carries at most {MAX_ITEMS}; this one carries {len(raw)}.",
            field=name,
            code="too_many_items",
            limit=MAX_ITEMS,
        )
    read, errors = _each(raw, kind)
    return read, errors, single


def _each(raw: Sequence[object], kind: type[ItemT]) -> tuple[list[ItemT | None], list[ItemError]]:
    read: list[ItemT | None] = []
    errors: list[ItemError] = []
    for index, one in enumerate(raw):
        try:
            read.append(msgspec.convert(one, kind))
        except msgspec.ValidationError as error:
            read.append(None)
            errors.append(fault_of(error).at(index))
    return read, errors


def refuse_single(errors: Sequence[ItemError]) -> None:
    """A bare report that is refused is a refused request.

    Raises:
        InvalidInput: there is an error.
    """
    for first in errors:
        raise InvalidInput(first.message, field=first.field, code=first.code)


def json_answer(body: object, status: int = 200) -> HttpResponse:
    """An answer as JSON; floats keep their decimal point."""
    return HttpResponse(msgspec.json.encode(body), content_type="application/json", status=status)
