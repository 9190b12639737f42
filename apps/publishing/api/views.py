"""What the routes of every published kind share: scopes, rights, parameters, answers."""

from collections.abc import Mapping
from typing import ClassVar, cast

import msgspec
from django.contrib.auth.models import PermissionsMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.access.contracts import Scope
from apps.access.people import actor_of, person_permitted
from apps.common.errors import InvalidInput

MOST_VERSIONS = 100


class VersionsView(APIView):
    """Let in by scope, then by the person's permission of the kind's model.

    Attributes:
        model: `app_label.model_name` of the kind.
        permissions: method → verb of the permission that a person needs.
    """

    # Described in `schema` modules, like the hot routes.
    schema = None
    model: ClassVar[str] = ""
    required_scope: ClassVar[Mapping[str, Scope]] = {}
    permissions: ClassVar[Mapping[str, str]] = {"GET": "view"}

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Refuse whom neither scope nor permission lets in."""
        super().initial(request, *args, **kwargs)
        verb = self.permissions.get(request.method or "")
        if verb is not None:
            person_permitted(request, self._permission(verb))

    def may(self, request: Request, verb: str) -> bool:
        """Whether a person has the permission; a key's scope is all it has."""
        person = actor_of(request)
        permission = self._permission(verb)
        return person is None or cast("PermissionsMixin", person).has_perm(permission)

    def _permission(self, verb: str) -> str:
        app, _dot, model = self.model.partition(".")
        return f"{app}.{verb}_{model}"


def query_read(request: Request, *known: str) -> dict[str, str]:
    """The query parameters.

    Raises:
        InvalidInput: one that the route does not read; it is named.
    """
    for name in request.query_params:
        if name not in known:
            raise InvalidInput(f"There is no parameter {name}.", field=name)
    return {name: str(value) for name, value in request.query_params.items()}


def whole(text: str, field: str) -> int:
    """A whole number from 1 to the most that is answered.

    Raises:
        InvalidInput: it is none.
    """
    fits = text.isascii() and text.isdigit() and len(text) <= len(str(MOST_VERSIONS))
    if not fits or not 1 <= int(text) <= MOST_VERSIONS:
        raise InvalidInput(f"'{field}' is a number from 1 to {MOST_VERSIONS}.", field=field)
    return int(text)


def answer(document: msgspec.Struct, status: int = 200) -> Response:
    """A document as JSON."""
    return Response(msgspec.to_builtins(document), status=status)
