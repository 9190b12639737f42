"""Every request's frame: its trace, its metrics, its log line, its content policy."""

import time
from collections.abc import Callable

import structlog
from csp.constants import HEADER, HEADER_REPORT_ONLY
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from prometheus_client import Counter, Histogram

from apps.common.contracts import RequestTrace
from apps.common.domain.traceparent import (
    span_id_new,
    trace_id_new,
    traceparent_format,
    traceparent_parse,
)
from apps.common.domain.uuid7 import uuid7_new
from apps.common.observability.context import trace_set, user_set
from apps.common.observability.metrics import request_duration_seconds, requests_total

logger = structlog.get_logger(__name__)
Handler = Callable[[HttpRequest], HttpResponse]
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET_ROUTES = frozenset({"healthz", "readyz", "metrics"})
# Their answers are no pages: nothing in them carries a nonce or asks for a policy of its own.
API_PATHS = ("/api/", "/ofrep/")
_OK = 200
_MOST_LABELS = 1000
_counters: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}


class RequestContextMiddleware:
    """Outermost: reads and answers `traceparent`, counts RED metrics by route."""

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        trace = _trace_of(request)
        trace_set(trace)
        user_set("")
        response = self._get_response(request)
        elapsed = time.perf_counter() - started
        route = _route_of(request)
        # A method may be any word: labels stay few whatever is sent.
        method = request.method if request.method in _METHODS else "other"
        counter, seconds = _counters_of(route, method, response.status_code)
        counter.inc()
        seconds.observe(elapsed)
        response["traceparent"] = traceparent_format(
            trace.trace_id, trace.span_id, sampled=trace.sampled
        )
        response["X-Request-Id"] = trace.request_id
        if route not in _QUIET_ROUTES:
            logger.info(
                "request",
                method=request.method,
                route=route,
                status=response.status_code,
                latency_ms=round(elapsed * 1000, 2),
            )
        return response


def _counters_of(route: str, method: str, status: int) -> tuple[Counter, Histogram]:
    found = _counters.get((route, method, status))
    if found is None:
        if len(_counters) >= _MOST_LABELS:
            _counters.clear()
        found = (
            requests_total.labels(route, method, str(status)),
            request_duration_seconds.labels(route, method),
        )
        _counters[route, method, status] = found
    return found


def _trace_of(request: HttpRequest) -> RequestTrace:
    parent = traceparent_parse(request.META.get("HTTP_TRACEPARENT", ""))
    return RequestTrace(
        request_id=str(uuid7_new(timezone.now())),
        trace_id=parent.trace_id if parent else trace_id_new(),
        span_id=span_id_new(),
        sampled=parent.sampled if parent else False,
    )


def _route_of(request: HttpRequest) -> str:
    # The pattern, never the path: labels stay few whatever is asked.
    match = request.resolver_match
    return match.route if match else "unmatched"


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """The strict policy, except on admin paths, whose scripts need a looser one."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if response.status_code == _OK and request.path_info.startswith(API_PATHS):
            for name, policy in _policies():
                response.headers.setdefault(name, policy)
            return response
        # Admin pages of our own opt back into the strict policy by `response.csp_strict = True`.
        strict = getattr(response, "csp_strict", False)
        if request.path.startswith(settings.ADMIN_PATH_PREFIX) and not strict:
            response._csp_replace = settings.ADMIN_CONTENT_SECURITY_POLICY  # type: ignore[attr-defined]  # noqa: SLF001 - django-csp's documented decorator sets just this
        return super().process_response(request, response)


_written: list[tuple[tuple[str, str], ...]] = []


def _policies() -> tuple[tuple[str, str], ...]:
    """The headers of an answer that asks for nothing of its own, written once a process."""
    if not _written:
        found = (HEADER, build_policy()), (HEADER_REPORT_ONLY, build_policy(report_only=True))
        _written.append(tuple(each for each in found if each[1]))
    return _written[0]


@receiver(setting_changed)
def _policies_forget(**_changed: object) -> None:
    """Settings change in tests only."""
    _written.clear()
