"""structlog on stderr: one JSON line a record, ours and the libraries' alike."""

import logging
import logging.config
import os
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from apps.common.observability.context import trace_current, user_current

_SERVICE = os.environ.get("ENDCAP_SERVICE", "endcap")


def _context_add(
    _logger: object, _method: str, record: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    record["service"] = _SERVICE
    trace = trace_current()
    record["trace_id"] = trace.trace_id if trace else ""
    record["request_id"] = trace.request_id if trace else ""
    record.setdefault("user_id", user_current())
    return record


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _context_add,
]


def logging_configure(options: dict[str, str]) -> None:
    """Django's LOGGING_CONFIG: standard output stays free for `--json`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(options["level"])
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
