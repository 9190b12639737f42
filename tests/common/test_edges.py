"""Errors, health, metrics, tracing and logs as a caller sees them."""

import io
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
import structlog
from django.conf import settings as django_settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings
from rest_framework import exceptions

from apps.common import pages
from apps.common.api.exceptions import error_response, exception_handler
from apps.common.errors import (
    ApplicationError,
    Conflict,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    RateLimited,
)
from apps.common.middleware import ContentSecurityPolicyMiddleware
from apps.common.observability.context import trace_set, trace_start, user_set
from apps.common.observability.logs import logging_configure
from apps.common.redis import redis_forget_connections


def test_healthz_asks_nobody(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_readyz_names_what_is_missing(client: Client, settings: Settings) -> None:
    checks = {check["name"]: check for check in client.get("/readyz").json()["checks"]}
    assert checks["postgresql"]["ok"]
    assert checks["redis"]["ok"]
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    redis_forget_connections()
    answer = client.get("/readyz")
    assert answer.status_code == 200, "Redis only degrades"
    assert "redis" in answer.json()["degraded"]


def test_metrics_count_requests_by_route(client: Client) -> None:
    client.get("/healthz")
    text = client.get("/metrics").content.decode()
    assert 'endcap_requests_total{method="GET",route="healthz",status="200"}' in text


def test_an_unknown_path_has_one_label(client: Client) -> None:
    client.get("/api/nothing/1")
    client.get("/api/nothing/2")
    assert 'route="unmatched",status="404"' in client.get("/metrics").content.decode()


def test_a_trace_goes_in_and_out(client: Client) -> None:
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    answer = client.get("/healthz", headers={"traceparent": f"00-{trace_id}-b7ad6b7169203331-01"})
    version, returned, span, flags = answer["traceparent"].split("-")
    assert (version, returned, flags) == ("00", trace_id, "01")
    assert span != "b7ad6b7169203331"
    assert client.get("/healthz")["traceparent"].split("-")[1] != trace_id


def test_an_unknown_api_path_answers_the_one_error_shape(client: Client) -> None:
    answer = client.get("/api/v1/nothing")
    assert answer.status_code == 404
    body = answer.json()
    assert set(body) == {"code", "message", "extra", "trace_id"}
    assert (body["code"], len(body["trace_id"])) == ("not_found", 32)
    assert b"<h1>404</h1>" in client.get("/no/page").content


def test_a_failure_says_nothing_of_itself() -> None:
    request = RequestFactory().get("/api/v1/x")
    answer = pages.page_failed(request)
    assert answer.status_code == 500
    assert json.loads(answer.content)["code"] == "internal"


@pytest.mark.parametrize(
    ("error", "status", "code", "field"),
    [
        (InvalidInput("Too long.", field="q"), 400, "invalid", "q"),
        (NotFound("No."), 404, "not_found", None),
        (Conflict("Twice.", code="already_running"), 409, "already_running", None),
        (ApplicationError("No."), 400, "refused", None),
        (exceptions.ValidationError({"price": ["Wrong."]}), 400, "invalid", "price"),
        (exceptions.ValidationError(["Wrong."]), 400, "invalid", None),
        (ValidationError({"name": ["Wrong."]}), 400, "invalid", "name"),
        (ValidationError("Wrong."), 400, "invalid", None),
        (Http404(), 404, "not_found", None),
        (PermissionDenied(), 403, "forbidden", None),
        (exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed", None),
        (exceptions.ParseError(), 400, "parse_error", None),
    ],
)
def test_every_refusal_has_the_one_shape(
    error: Exception, status: int, code: str, field: str | None
) -> None:
    answer = exception_handler(error, {})
    assert answer is not None
    assert (answer.status_code, answer.data["code"]) == (status, code)
    assert answer.data["extra"].get("field") == field


def test_waiting_is_told_in_seconds() -> None:
    answer = exception_handler(exceptions.Throttled(wait=3.2), {})
    assert answer is not None
    assert answer.headers["Retry-After"] == "4"
    limited = error_response(RateLimited("Slower.", extra={"retry_after_s": 7}))
    assert (limited.status_code, limited["Retry-After"]) == (429, "7")
    assert "WWW-Authenticate" in error_response(NotAuthenticated("Who?"))


def test_an_unexpected_error_is_not_swallowed() -> None:
    assert exception_handler(RuntimeError(), {}) is None


def test_admin_paths_alone_have_the_looser_policy(client: Client) -> None:
    strict = client.get("/healthz")["Content-Security-Policy"]
    assert "unsafe" not in strict
    assert "'unsafe-eval'" in _policy_of(HttpResponse())
    own_page = HttpResponse()
    own_page.csp_strict = True  # type: ignore[attr-defined]  # what the middleware documents
    assert "unsafe" not in _policy_of(own_page)


def _policy_of(response: HttpResponse) -> str:
    middleware = ContentSecurityPolicyMiddleware(lambda _request: response)
    answer = middleware(RequestFactory().get("/admin/x"))
    assert isinstance(answer, HttpResponse)
    return answer["Content-Security-Policy"]


def test_logs_are_json_with_the_trace(capsys: pytest.CaptureFixture[str]) -> None:
    sink = io.StringIO()
    root = logging.getLogger()
    former = root.handlers[:]
    try:
        logging_configure({"level": "INFO"})
        root.handlers[0].setStream(sink)  # type: ignore[attr-defined]  # a StreamHandler
        trace = trace_start("request-1")
        user_set("shopper-9")
        structlog.get_logger("ours").info("searched", query="mouse")
        logging.getLogger("theirs").warning("careful %s", "now")
    finally:
        root.handlers[:] = former
        trace_set(None)
        user_set("")
    ours, theirs = (json.loads(line) for line in sink.getvalue().splitlines())
    assert (ours["event"], ours["query"], ours["level"]) == ("searched", "mouse", "info")
    assert (ours["trace_id"], ours["request_id"], ours["user_id"]) == (
        trace.trace_id,
        "request-1",
        "shopper-9",
    )
    assert {"timestamp", "service", "logger"} <= set(ours)
    assert (theirs["event"], theirs["level"]) == ("careful now", "warning")
    assert capsys.readouterr().out == "", "standard output belongs to --json"
    assert django_settings.LOGGING_CONFIG


def test_common_is_the_ground_floor() -> None:
    from apps.common.snapshots import snapshots_mark_stale

    snapshots_mark_stale("nobody:depends-on-this")


def test_metrics_add_up_the_processes_of_several_folders(tmp_path: Path) -> None:
    counting = "from prometheus_client import Counter; Counter('seen', 'x', ['who']).labels('{who}').inc(2)"
    folders = [tmp_path / name for name in ("web", "worker")]
    for folder in folders:
        folder.mkdir()
        subprocess.run(
            [sys.executable, "-c", counting.format(who=folder.name)],
            env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)},
            check=True,
        )
    reading = (
        "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings.test'\n"
        "import django; django.setup()\n"
        "from django.test import RequestFactory\n"
        "from apps.common.api.operations import metrics\n"
        "print(metrics(RequestFactory().get('/metrics')).content.decode())"
    )
    done = subprocess.run(
        [sys.executable, "-c", reading],
        env={
            **os.environ,
            "PROMETHEUS_MULTIPROC_DIR": str(folders[0]),
            "METRICS_PEERS": str(folders[1]),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert 'seen_total{who="web"} 2.0' in done.stdout
    assert 'seen_total{who="worker"} 2.0' in done.stdout


def test_an_invented_method_makes_no_label_of_its_own(client: Client) -> None:
    client.generic("SHOUT", "/healthz")
    text = client.get("/metrics").content.decode()
    assert "SHOUT" not in text
    assert 'method="other"' in text
