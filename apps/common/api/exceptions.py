"""The one error shape: `{code, message, extra, trace_id}`, for DRF and for hot routes."""

import math
from typing import Any

import msgspec
import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, ValidationError
from django.http import Http404, HttpResponse
from rest_framework import exceptions
from rest_framework.response import Response

from apps.common.errors import ApplicationError, RateLimited, TooLarge
from apps.common.observability.context import trace_current

logger = structlog.get_logger(__name__)


def error_body(code: str, message: str, extra: dict[str, Any] | None = None) -> dict[str, Any]:
    trace = trace_current()
    return {
        "code": code,
        "message": message,
        "extra": extra or {},
        "trace_id": trace.trace_id if trace else "",
    }


def error_response(error: ApplicationError) -> HttpResponse:
    """A refusal as a hot route answers it."""
    body = msgspec.json.encode(error_body(error.code, error.message, error.extra))
    response = HttpResponse(body, content_type="application/json", status=error.status)
    for name, value in error_headers(error).items():
        response[name] = value
    return response


def error_headers(error: ApplicationError) -> dict[str, str]:
    if isinstance(error, RateLimited):
        return {"Retry-After": str(error.extra.get("retry_after_s", 1))}
    if error.status == ApplicationError.status:
        return {}
    return {"WWW-Authenticate": 'Bearer realm="endcap"'} if error.status == 401 else {}  # noqa: PLR2004 - HTTP 401


def _too_large() -> TooLarge:
    most = int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    extra = {"field": "body", "limit_bytes": most}
    return TooLarge(f"A request carries at most {most} bytes.", extra=extra)


def exception_handler(error: Exception, _context: dict[str, Any]) -> Response | None:
    """DRF's handler: everything the caller can mend becomes the one shape."""
    error = _too_large() if isinstance(error, RequestDataTooBig) else error
    if isinstance(error, ApplicationError):
        return Response(
            error_body(error.code, error.message, error.extra),
            status=error.status,
            headers=error_headers(error),
        )
    if isinstance(error, exceptions.ValidationError):
        return Response(
            error_body("invalid", "The input is not valid.", _fields(error.detail)), 400
        )
    if isinstance(error, ValidationError):
        return Response(
            error_body("invalid", "; ".join(error.messages), _model_fields(error)), 400
        )
    if isinstance(error, Http404):
        return Response(error_body("not_found", "Not found."), 404)
    if isinstance(error, PermissionDenied):
        return Response(error_body("forbidden", "Not allowed."), 403)
    if isinstance(error, exceptions.APIException):
        headers = {}
        if wait := getattr(error, "wait", None):
            headers["Retry-After"] = str(math.ceil(wait))
        return Response(
            error_body(str(error.default_code), str(error.detail)),
            error.status_code,
            headers=headers,
        )
    return None


def _fields(detail: Any) -> dict[str, Any]:
    if isinstance(detail, dict) and detail:
        return {"field": str(next(iter(detail))), "fields": detail}
    return {"fields": detail}


def _model_fields(error: ValidationError) -> dict[str, Any]:
    if hasattr(error, "error_dict"):
        return {"field": next(iter(error.message_dict)), "fields": error.message_dict}
    return {}
