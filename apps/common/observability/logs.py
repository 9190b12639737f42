"""structlog on stderr: one JSON line a record, ours and the libraries' alike.

A record of our own is encoded where it is formatted, in one go; a library's, or one with an
exception, takes structlog's longer way.
"""

import logging
import logging.config
import os
import sys
from collections.abc import MutableMapping
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog

from apps.common.observability.context import trace_current, user_current

_SERVICE = os.environ.get("ENDCAP_SERVICE", "endcap")
_encode = msgspec.json.Encoder(enc_hook=repr).encode


class LineFormatter(structlog.stdlib.ProcessorFormatter):
    """The record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        said = record.msg
        ours = isinstance(said, dict) and "_logger" in vars(record)
        if ours and not (record.exc_info or "exc_info" in said or "stack_info" in said):
            try:
                return _encode(said).decode()
            except (TypeError, ValueError, RecursionError):
                pass  # half a character, say: structlog escapes it
        return super().format(record)


class _Writer:
    """The last step of a record of ours: written at once where nobody else listens.

    logging's own way builds a record, asks each handler and formats it: several times the work
    of the line itself. With any other handler in place (tests), or an exception, it is taken.
    """

    def __init__(self, handler: logging.StreamHandler[Any]) -> None:
        self._handler, self._root = handler, logging.getLogger()

    def __call__(
        self, logger: logging.Logger, method: str, record: MutableMapping[str, Any]
    ) -> Any:
        alone = not logger.handlers and self._root.handlers == [self._handler]
        if not alone or method == "exception" or "exc_info" in record or "stack_info" in record:
            return structlog.stdlib.ProcessorFormatter.wrap_for_formatter(logger, method, record)
        try:
            line = _encode(record).decode() + "\n"
            with self._handler.lock or nullcontext():
                self._handler.stream.write(line)
                self._handler.stream.flush()
        except (TypeError, ValueError, RecursionError, OSError):
            # Half a character, or nobody there to write to: logging's own way bears it.
            return structlog.stdlib.ProcessorFormatter.wrap_for_formatter(logger, method, record)
        raise structlog.DropEvent


def _context_add(
    logger: logging.Logger | None, method: str, record: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    record["level"] = "error" if method == "exception" else method
    if logger is not None:
        record["logger"] = logger.name
    record["timestamp"] = datetime.now(UTC).isoformat().removesuffix("+00:00") + "Z"
    record["service"] = _SERVICE
    trace = trace_current()
    record["trace_id"] = trace.trace_id if trace else ""
    record["request_id"] = trace.request_id if trace else ""
    record.setdefault("user_id", user_current())
    return record


# One list for good: loggers that were used before a second configuration hold on to it.
_processors: list[Any] = []
_FOREIGN: list[Any] = [structlog.stdlib.add_logger_name, _context_add]


def logging_configure(options: dict[str, str]) -> None:
    """Django's LOGGING_CONFIG: standard output stays free for `--json`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        LineFormatter(
            foreign_pre_chain=_FOREIGN,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    # Nobody reads from which line, thread or process: each is asked for at every record.
    logging._srcfile = None  # noqa: SLF001 - the documented way
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(options["level"])
    _processors[:] = [structlog.stdlib.filter_by_level, _context_add, _Writer(handler)]
    structlog.configure(
        processors=_processors,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
