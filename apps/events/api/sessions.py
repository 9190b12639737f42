"""What Redis remembers of a visit, and how it is forgotten."""

from collections.abc import Mapping
from typing import ClassVar

import msgspec
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.access.contracts import Scope
from apps.access.edge import PRIVATE
from apps.common.errors import InvalidInput, NotFound, Unavailable
from apps.events.api.session_documents import session_document
from apps.events.contracts_sessions import SessionState
from apps.events.domain.items import MAX_TEXT
from apps.events.selectors_sessions import session_answer, session_decode, session_whole
from apps.events.services.sessions import session_forget, session_tracking_requests_total

_ASKERS = ("user_id", "client_id")


class SessionOf(APIView):
    """One visit: `sessions:read` reads it, `sessions:write` forgets it."""

    # Described in `schema`, like the hot routes.
    schema = None
    required_scope: ClassVar[Mapping[str, Scope]] = {
        "GET": Scope.SESSIONS_READ,
        "DELETE": Scope.SESSIONS_WRITE,
    }

    def get(self, request: Request, session_id: str) -> HttpResponse:
        """All of it; with `user_id` or `client_id` what belongs to them by the identity rule."""
        asker = _parameters(request, _ASKERS)
        found = _session(_text_checked("session_id", session_id), asker)
        session_tracking_requests_total.labels("unknown" if found is None else "found").inc()
        if found is None:
            raise _unknown(session_id)
        document = msgspec.json.encode(session_document(found))
        headers = {"Cache-Control": PRIVATE}
        return HttpResponse(document, content_type="application/json", headers=headers)

    def delete(self, request: Request, session_id: str) -> HttpResponse:
        """For good: events that are older and come late do not bring it back."""
        _parameters(request, ())
        forgotten = session_forget(_text_checked("session_id", session_id))
        session_tracking_requests_total.labels("deleted" if forgotten else "unknown").inc()
        if not forgotten:
            raise _unknown(session_id)
        return HttpResponse(status=204)


def _session(session_id: str, asker: Mapping[str, str]) -> SessionState | None:
    answer, answered = session_answer(session_id)
    if not answered:
        raise Unavailable("Sessions cannot be reached now; try again.")
    if not asker:
        return session_whole(answer, session_id)
    return session_decode(answer, session_id, asker.get("user_id"), asker.get("client_id"))


def _parameters(request: Request, known: tuple[str, ...]) -> dict[str, str]:
    for name, values in request.query_params.lists():
        if name not in known:
            raise InvalidInput(f"Unknown parameter {name}.", field=name, code="unknown_parameter")
        if len(values) > 1:
            raise InvalidInput(f"'{name}' stands there twice.", field=name)
    found = {name: request.query_params[name] for name in known if name in request.query_params}
    for name, text in found.items():
        _text_checked(name, text)
    return found


def _text_checked(name: str, text: str) -> str:
    """What an event may carry.

    Raises:
        InvalidInput: none does.
    """
    if not 1 <= len(text) <= MAX_TEXT or "\x00" in text:
        message = f"{name} has 1 to {MAX_TEXT} characters, none of them NUL."
        raise InvalidInput(message, field=name)
    return text


def _unknown(session_id: str) -> NotFound:
    message = f"Nothing is known of the session '{session_id}'."
    return NotFound(message, extra={"field": "session_id"})
