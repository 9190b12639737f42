"""403, 404 and 500, for people and for programs: a path under /api answers the one error shape."""

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.common.api.exceptions import error_body


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    del exception
    return _answer(request, 404, "not_found", "There is nothing at this address.")


def page_forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    del exception
    return _answer(request, 403, "forbidden", "Your login does not allow this page.")


def page_failed(request: HttpRequest) -> HttpResponse:
    return _answer(request, 500, "internal", "Something failed on our side; it was logged.")


def _answer(request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
    body = error_body(code, message)
    if request.path.startswith(("/api/", "/ofrep/")):
        return HttpResponse(
            msgspec.json.encode(body), content_type="application/json", status=status
        )
    return render(request, "error.html", {"status": status, **body}, status=status)
