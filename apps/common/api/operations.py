"""What operators and balancers ask: alive, ready, metrics."""

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    generate_latest,
    multiprocess,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from apps.common.health import health_reports


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


class _Processes(Collector):
    """Sums what every process of several folders has counted."""

    def collect(self) -> Iterable[Metric]:
        folders = [os.environ["PROMETHEUS_MULTIPROC_DIR"], *settings.METRICS_PEERS]
        files = [str(file) for folder in folders for file in Path(folder).glob("*.db")]
        return multiprocess.MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call, no-any-return]  # bare in prometheus_client


@require_safe
def metrics(_request: HttpRequest) -> HttpResponse:
    """Prometheus text over all processes: this machine's, and those of METRICS_PEERS."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        registry.register(_Processes())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
