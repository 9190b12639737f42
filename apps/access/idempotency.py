"""`Idempotency-Key`: the same request sent twice acts once and is answered the same.

A hot route wears `@idempotent_route` below `@hot_route`; a handler of a DRF view (or an action
of a viewset) wears `@idempotent_method`:

    @hot_route(scope=Scope.EVENTS_WRITE, methods=("POST",))
    @idempotent_route
    def things_post(request: EdgeRequest) -> HttpResponse: ...

    class Things(APIView):
        @idempotent_method
        def post(self, request: Request) -> Response: ...

The key, what the request does and the reply are committed together: of two at the same time
one waits for the other. Refusals (4xx, 5xx) change nothing and are not kept, so the same key
may be sent again, mended. Source: draft-ietf-httpapi-idempotency-key-header-07.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, Concatenate, ParamSpec, TypeVar, cast

from django.conf import settings
from django.db import Error as DatabaseFailure
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.access.contracts import Principal
from apps.access.models import IdempotentReply
from apps.common.errors import ApplicationError, InvalidInput, Unavailable

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response

    from apps.access.edge import EdgeRequest

P = ParamSpec("P")
ViewT = TypeVar("ViewT")
HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotency-Replayed"
_MOST_CHARACTERS = 255
_REFUSED = 400


class KeyReused(ApplicationError):
    """The same key came with another request."""

    status: ClassVar[int] = 422
    default_code: ClassVar[str] = "idempotency_key_reused"


def idempotent_route(
    view: Callable[Concatenate["EdgeRequest", P], HttpResponse],
) -> Callable[Concatenate["EdgeRequest", P], HttpResponse]:
    """Keep the reply of a hot route under the request's `Idempotency-Key`, if it has one."""

    @wraps(view)
    def answer(request: "EdgeRequest", /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        key = _key_of(request)
        if not key:
            return view(request, *args, **kwargs)
        caller = request.edge.principal
        return _once(request, caller, key, lambda: view(request, *args, **kwargs))

    return answer


def idempotent_method(
    handler: Callable[Concatenate[ViewT, "Request", P], "Response"],
) -> Callable[Concatenate[ViewT, "Request", P], HttpResponse]:
    """Keep the reply of a DRF handler under the request's `Idempotency-Key`, if it has one."""

    @wraps(handler)
    def answer(
        view: ViewT, request: "Request", /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        plain = request._request  # noqa: SLF001 - DRF's own name for Django's request
        key = _key_of(plain)
        if not key:
            return handler(view, request, *args, **kwargs)
        return _once(
            plain,
            cast("Principal", request.auth),
            key,
            lambda: _rendered(view, request, handler(view, request, *args, **kwargs)),
        )

    return answer


def _rendered(view: Any, request: "Request", response: "Response") -> HttpResponse:
    """DRF renders after the handler: here it must happen before the reply is kept."""
    finalised: HttpResponse = view.finalize_response(request, response)
    return finalised.render()  # type: ignore[attr-defined, no-any-return]  # a Response renders itself


def _key_of(request: HttpRequest) -> str:
    key = str(request.headers.get(HEADER, ""))
    if len(key) > _MOST_CHARACTERS or not key.isascii() or not (key == "" or key.isprintable()):
        raise InvalidInput(
            f"{HEADER} is up to {_MOST_CHARACTERS} printable ASCII characters.", field=HEADER
        )
    return key


def _once(
    request: HttpRequest, caller: Principal, key: str, act: Callable[[], HttpResponse]
) -> HttpResponse:
    fingerprint = _fingerprint(request)
    with transaction.atomic():
        row_id = _reserve(caller.limit_id, key, fingerprint)
        if row_id is None:
            return _replay(caller.limit_id, key, fingerprint)
        response = act()
        if response.status_code >= _REFUSED:
            transaction.set_rollback(True)
            return response
        IdempotentReply.objects.filter(pk=row_id).update(
            status=response.status_code,
            content_type=response.headers.get("Content-Type", ""),
            body=response.content,
        )
    return response


def _fingerprint(request: HttpRequest) -> bytes:
    said = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    said.update(request.body)
    return said.digest()


def _reserve(caller: str, key: str, fingerprint: bytes) -> int | None:
    """The row of a new key; None when it was used. Waits for a request that is using it."""
    try:
        IdempotentReply.objects.filter(caller=caller, key=key, created_at__lt=_oldest()).delete()
        with transaction.atomic():
            made, new = IdempotentReply.objects.get_or_create(
                caller=caller, key=key, defaults={"fingerprint": fingerprint}
            )
    except DatabaseFailure as failure:
        raise Unavailable("Idempotency keys cannot be checked now.") from failure
    return made.pk if new else None


def _replay(caller: str, key: str, fingerprint: bytes) -> HttpResponse:
    kept = IdempotentReply.objects.get(caller=caller, key=key)
    if bytes(kept.fingerprint) != fingerprint:
        raise KeyReused(f"This {HEADER} was used for another request.", extra={"field": HEADER})
    response = HttpResponse(
        bytes(kept.body), content_type=kept.content_type, status=kept.status or 200
    )
    response[REPLAYED_HEADER] = "true"
    return response


def _oldest() -> Any:
    return timezone.now() - timedelta(hours=settings.IDEMPOTENCY_KEEP_HOURS)


def idempotency_prune() -> int:
    """Forget replies that are older than IDEMPOTENCY_KEEP_HOURS; how many."""
    deleted, _ = IdempotentReply.objects.filter(created_at__lt=_oldest()).delete()
    return deleted
