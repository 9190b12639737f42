"""What operators and balancers ask: alive, ready, metrics."""

import msgspec
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from apps.common.health import health_reports
from apps.common.observability.totals import metrics_registry


@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """Alive: the process answers. Never asks a dependency."""
    return HttpResponse(b'{"status":"ok"}', content_type="application/json")


@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """Ready: 503 when a required dependency is down; others only degrade."""
    reports = health_reports()
    ready = all(report.ok or not report.required for report in reports)
    degraded = [report.name for report in reports if not report.ok]
    body = {"status": "ready" if ready else "unready", "degraded": degraded, "checks": reports}
    return HttpResponse(
        msgspec.json.encode(body),
        content_type="application/json",
        status=200 if ready else 503,
    )


@require_safe
def metrics(_request: HttpRequest) -> HttpResponse:
    """Prometheus text over all processes: this machine's, and those of METRICS_PEERS."""
    return HttpResponse(generate_latest(metrics_registry()), content_type=CONTENT_TYPE_LATEST)
