"""What every view of this API shares: scopes, permissions of people, bodies, answers."""

from collections.abc import Mapping
from typing import ClassVar, TypeVar

import msgspec
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.access.contracts import Scope
from apps.access.people import person_permitted
from apps.common.errors import InvalidInput

READ, WRITE = Scope.RANKING_READ, Scope.RANKING_WRITE
BodyT = TypeVar("BodyT", bound=msgspec.Struct)
_MISSING = "Object missing required field `"
_UNKNOWN = "Object contains unknown field `"


class MerchandisingView(APIView):
    """Reads want `ranking:read`, writes `ranking:write`.

    A person's scope does not outweigh their permissions: what admin would refuse them, the
    API refuses them too. `permissions` says which by method.
    """

    # Described in `schema`, like the hot routes.
    schema = None
    required_scope: ClassVar[Mapping[str, Scope]] = {
        "GET": READ,
        "POST": WRITE,
        "PUT": WRITE,
        "DELETE": WRITE,
    }
    permissions: ClassVar[Mapping[str, str]] = {}

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Let in by scope, then by the person's permission."""
        super().initial(request, *args, **kwargs)
        codename = self.permissions.get(request.method or "")
        if codename is not None:
            person_may(request, codename)


def person_may(request: Request, codename: str) -> None:
    """Refuse a person without a permission of this app; a key's scope is all it has.

    Raises:
        Forbidden: `permission_missing`.
    """
    person_permitted(request, f"merchandising.{codename}")


def body_as(request: Request, kind: type[BodyT]) -> BodyT:
    """The body as one value of a type; unknown fields are refused.

    Raises:
        InvalidInput: naming the field.
    """
    return converted(request.data, kind)


def converted(value: object, kind: type[BodyT]) -> BodyT:
    """A decoded value as a typed one.

    Raises:
        InvalidInput: naming the field.
    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        message, _at, path = str(error).partition(" - at `$")
        field = path.rstrip("`").lstrip(".")
        for start in (_MISSING, _UNKNOWN):
            if message.startswith(start):
                field = message.removeprefix(start).rstrip("`")
        raise InvalidInput(f"{message}.", field=field or "body") from error


def query_as(request: Request, kind: type[BodyT]) -> BodyT:
    """The query parameters as one value of a type; unknown ones are refused.

    Raises:
        InvalidInput: naming the parameter.
    """
    given: dict[str, object] = {}
    for name, values in request.query_params.lists():
        if len(values) != 1:
            raise InvalidInput(f"Give {name} once.", field=name)
        if "\x00" in values[0]:
            raise InvalidInput(f"There is a NUL character in {name}.", field=name)
        given[name] = values[0]
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError:
        return converted(given, kind)


def answer(document: msgspec.Struct, status: int = 200) -> Response:
    """A document as JSON."""
    return Response(msgspec.to_builtins(document), status=status)
