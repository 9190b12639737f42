"""The Celery application: `celery -A celery_app worker|beat`."""

import os
from pathlib import Path
from typing import Any

# Before anything imports numpy: a worker child computes on one thread, and forking a
# process whose OpenMP has begun is undefined.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
if _metrics_folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    # Shared with the web workers, whose /metrics adds up everybody's files.
    Path(_metrics_folder).mkdir(parents=True, exist_ok=True)

from celery import Celery, Task, signals

app = Celery("endcap")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect
def logging_leave(**_kwargs: Any) -> None:
    """Django has configured structlog already; Celery must not add handlers of its own."""


@signals.worker_process_init.connect
def child_start(**_kwargs: Any) -> None:
    """A forked child begins with nothing of its parent's: no connections, no snapshots.

    Inherited PostgreSQL sockets are closed by Celery's Django fixup, without a word to the
    server, so that the parent's session lives on.
    """
    from apps.common.redis import redis_forget_connections
    from apps.common.snapshots import snapshots_forget

    redis_forget_connections()
    snapshots_forget()


@signals.worker_process_shutdown.connect
def child_stop(pid: int | None = None, **_kwargs: Any) -> None:
    from django.db import connections
    from prometheus_client import multiprocess

    connections.close_all()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ and pid is not None:
        multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]  # bare in prometheus_client


@signals.task_prerun.connect
def trace_begin(task_id: str, task: Task[Any, Any], **_kwargs: Any) -> None:
    """Go on with the trace of whoever asked for the run, or begin one."""
    from apps.common.contracts import RequestTrace
    from apps.common.domain.traceparent import span_id_new, traceparent_parse
    from apps.common.observability.context import trace_set, trace_start

    headers = task.request.headers or {}
    parent = traceparent_parse(str(headers.get("endcap_traceparent") or ""))
    if parent is None:
        trace_start(task_id)
    else:
        trace_set(RequestTrace(task_id, parent.trace_id, span_id_new(), parent.sampled))


@signals.task_postrun.connect
def trace_end(**_kwargs: Any) -> None:
    from apps.common.observability.context import trace_set

    trace_set(None)
