"""The browser's and the visit's name: cookies of our own, no third party.

Two more come with experiments: a QA link's token for as long as the browser is open (`?qa=`
ends it), and the first assignments that a client carries itself.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.common.domain.uuid7 import uuid7_new
from apps.shop.contracts import Visitor

CLIENT_COOKIE, SESSION_COOKIE = "endcap_client", "endcap_visit"
QA_COOKIE, STICKY_COOKIE = "endcap_qa", "endcap_first"
CLIENT_SECONDS = 365 * 24 * 3600
SESSION_SECONDS = 30 * 60
_MOST_CHARACTERS = 64
_MOST_TOKEN_CHARACTERS = 3000


def visitor_of(request: HttpRequest) -> Visitor:
    client, session = (_read(request, name) for name in (CLIENT_COOKIE, SESSION_COOKIE))
    return Visitor(
        client or str(uuid7_new(timezone.now())),
        session or str(uuid7_new(timezone.now())),
        fresh=client is None,
        qa=_token(request.GET.get("qa", request.COOKIES.get(QA_COOKIE, ""))),
        sticky=_token(request.COOKIES.get(STICKY_COOKIE, "")),
    )


def visitor_remember(response: HttpResponse, visitor: Visitor) -> None:
    for name, value, seconds in (
        (CLIENT_COOKIE, visitor.client_id, CLIENT_SECONDS),
        (SESSION_COOKIE, visitor.session_id, SESSION_SECONDS),
        (STICKY_COOKIE, visitor.sticky, CLIENT_SECONDS),
        (QA_COOKIE, visitor.qa, None),
    ):
        if not value:
            continue
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )


def visitor_leaves_qa(request: HttpRequest, response: HttpResponse) -> None:
    """`?qa=` is the way out of a QA link."""
    if QA_COOKIE in request.COOKIES and not visitor_of(request).qa:
        response.delete_cookie(QA_COOKIE)


def _token(text: str) -> str:
    return text if len(text) <= _MOST_TOKEN_CHARACTERS and text.isascii() else ""


def _read(request: HttpRequest, name: str) -> str | None:
    value = request.COOKIES.get(name, "")
    usable = 0 < len(value) <= _MOST_CHARACTERS and value.replace("-", "").isalnum()
    return value if usable else None
