"""The request that is being answered, for whoever logs, audits or calls out."""

from contextvars import ContextVar

from apps.common.contracts import RequestTrace
from apps.common.domain.traceparent import span_id_new, trace_id_new

_trace: ContextVar[RequestTrace | None] = ContextVar("endcap_trace", default=None)
_user: ContextVar[str] = ContextVar("endcap_user", default="")


def trace_current() -> RequestTrace | None:
    return _trace.get()


def trace_set(trace: RequestTrace | None) -> None:
    _trace.set(trace)


def user_current() -> str:
    return _user.get()


def user_set(user_id: str) -> None:
    _user.set(user_id)


def trace_start(request_id: str) -> RequestTrace:
    """A trace for work that no request began: a job, a command."""
    trace = RequestTrace(request_id, trace_id_new(), span_id_new())
    trace_set(trace)
    return trace
