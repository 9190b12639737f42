"""Every request's address: found behind our proxies, held against the installation's lists."""

from collections.abc import Callable

from django.conf import settings
from django.db import Error as DatabaseFailure
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.access.context import request_enter, request_leave
from apps.access.contracts import IpArea
from apps.access.domain.networks import IpAddress, address_allowed, client_address
from apps.access.selectors import access_snapshot
from apps.common.api.exceptions import error_body, error_response
from apps.common.errors import ApplicationError, Forbidden, Unavailable

# Balancers and monitors ask these, from inside; they say nothing worth guarding.
_OPERATIONS = frozenset({"/healthz", "/readyz", "/metrics"})
_API_PATHS = ("/api/", "/ofrep/")


class AddressMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        address = _address_of(request)
        request_enter(request, str(address) if address else None)
        try:
            return self._get_response(request)
        finally:
            request_leave()

    def process_view(
        self, request: HttpRequest, _view: object, _args: object, _kwargs: object
    ) -> HttpResponse | None:
        """Only what resolves is guarded: an unknown path says the same to everybody."""
        return address_refusal(request)


def address_refusal(request: HttpRequest) -> HttpResponse | None:
    """What the installation's lists answer an address that they refuse; None: it may pass."""
    if request.path in _OPERATIONS:
        return None
    try:
        rules = access_snapshot().areas.get(_area_of(request.path))
    except DatabaseFailure:
        # Nothing is known, not even from disk: shut rather than open.
        return _refuse(request, Unavailable("Not ready yet."))
    if rules is None or address_allowed(rules, _address_of(request)):
        return None
    return _refuse(request, Forbidden("This address is refused.", code="address_refused"))


def _address_of(request: HttpRequest) -> IpAddress | None:
    return client_address(
        peer=request.META.get("REMOTE_ADDR", ""),
        forwarded_for=request.META.get("HTTP_X_FORWARDED_FOR", ""),
        trusted_proxies=settings.TRUSTED_PROXIES,
    )


def _area_of(path: str) -> IpArea:
    if path.startswith(settings.ADMIN_PATH_PREFIX):
        return IpArea.ADMIN
    return IpArea.API if path.startswith(_API_PATHS) else IpArea.EVERYTHING


def _refuse(request: HttpRequest, error: ApplicationError) -> HttpResponse:
    if request.path.startswith(_API_PATHS):
        return error_response(error)
    body = error_body(error.code, error.message)
    return render(request, "error.html", {"status": error.status, **body}, status=error.status)
