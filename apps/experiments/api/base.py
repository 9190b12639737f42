"""What every view of this API shares: scopes, permissions of people, bodies, answers."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar, cast

import msgspec
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.access.contracts import Scope
from apps.access.people import person_permitted
from apps.common.errors import InvalidInput
from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.design import DesignInvalid
from apps.experiments.domain.design.fields import Fields

READ, WRITE = Scope.EXPERIMENTS_READ, Scope.EXPERIMENTS_WRITE


class ExperimentsView(APIView):
    """Reads want `experiments:read`, writes `experiments:write`.

    A person's scope does not outweigh their permissions: what admin would refuse them, the
    API refuses them too. `permissions` says which by method.
    """

    # Described in `schema`, like the hot routes.
    schema = None
    required_scope: ClassVar[Mapping[str, Scope]] = {
        "GET": READ,
        "POST": WRITE,
        "PUT": WRITE,
        "PATCH": WRITE,
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
    person_permitted(request, f"experiments.{codename}")


@contextmanager
def body_of(request: Request) -> Iterator[Fields]:
    """The fields of the body; what is not asked for inside the block is refused by name.

    Raises:
        InvalidInput: no object, a bad field, or an unknown one.
    """
    try:
        fields = Fields(cast("Json", request.data), "")
        yield fields
        fields.close()
    except DesignInvalid as error:
        raise InvalidInput(error.message, field=error.field) from error


def reason_of(request: Request) -> str:
    """The reason in a body that holds nothing else; empty without one.

    Raises:
        InvalidInput: a bad field, or an unknown one.
    """
    with body_of(request) as fields:
        return fields.text("reason")


def former_of(request: Request) -> tuple[int, str]:
    """The number of a former version and the reason in a body that holds nothing else.

    Raises:
        InvalidInput: a bad field, or an unknown one.
    """
    with body_of(request) as fields:
        return fields.whole("version", least=1, most=10**6), fields.text("reason")


def query_known(request: Request, *known: str) -> None:
    """Refuse a query parameter that the route does not read.

    Raises:
        InvalidInput: naming it.
    """
    for name in request.query_params:
        if name not in known:
            raise InvalidInput(f"There is no parameter {name}.", field=name)


def answer(document: msgspec.Struct, status: int = 200) -> Response:
    """A document as JSON."""
    return Response(msgspec.to_builtins(document), status=status)
