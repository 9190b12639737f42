"""The browser's and the visit's name: two cookies of our own, no third party."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.common.domain.uuid7 import uuid7_new
from apps.shop.contracts import Visitor

CLIENT_COOKIE, SESSION_COOKIE = "endcap_client", "endcap_visit"
CLIENT_SECONDS = 365 * 24 * 3600
SESSION_SECONDS = 30 * 60
_MOST_CHARACTERS = 64


def visitor_of(request: HttpRequest) -> Visitor:
    client, session = (_read(request, name) for name in (CLIENT_COOKIE, SESSION_COOKIE))
    return Visitor(
        client or str(uuid7_new(timezone.now())),
        session or str(uuid7_new(timezone.now())),
        fresh=client is None,
    )


def visitor_remember(response: HttpResponse, visitor: Visitor) -> None:
    for name, value, seconds in (
        (CLIENT_COOKIE, visitor.client_id, CLIENT_SECONDS),
        (SESSION_COOKIE, visitor.session_id, SESSION_SECONDS),
    ):
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )


def _read(request: HttpRequest, name: str) -> str | None:
    value = request.COOKIES.get(name, "")
    usable = 0 < len(value) <= _MOST_CHARACTERS and value.replace("-", "").isalnum()
    return value if usable else None
