"""Lines of the log: written at once where nobody else listens, and as well where that fails."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import structlog

from apps.common.observability import logs


class Broken(io.StringIO):
    """Nobody reads what is written here."""

    def write(self, _text: str, /) -> int:
        raise BrokenPipeError


@contextmanager
def written(stream: io.StringIO) -> Iterator[None]:
    """The log of a process with no handler but its own; pytest has others."""
    root = logging.getLogger()
    before, level, structlog_before = list(root.handlers), root.level, structlog.get_config()
    logs.logging_configure({"level": "INFO"})
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    try:
        yield
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        structlog.configure(**structlog_before)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_record_of_ours_is_one_line_with_its_frame() -> None:
    stream = io.StringIO()
    with written(stream):
        structlog.get_logger("a.b").info("said", number=1, kept=("x",))
        structlog.get_logger("a.b").debug("not said")
    (line,) = lines(stream)
    assert line["event"] == "said"
    assert (line["level"], line["logger"], line["number"]) == ("info", "a.b", 1)
    assert line["kept"] == ["x"]
    assert line["timestamp"].endswith("Z")
    assert {"service", "trace_id", "request_id", "user_id"} <= line.keys()


def test_libraries_exceptions_and_strange_values_are_told_too() -> None:
    stream = io.StringIO()
    with written(stream):
        logging.getLogger("library").warning("told %s", "so")
        log = structlog.get_logger("a.b")
        try:
            int("broken")
        except ValueError:
            log.exception("failed")
        log.info("half", text="\ud800", thing=object)
    library, failed, half = lines(stream)
    assert (library["event"], library["level"]) == ("told so", "warning")
    assert library["logger"] == "library"
    assert failed["level"] == "error"
    assert "broken" in failed["exception"]
    assert half["text"] == "\ud800"


def test_a_stream_that_is_gone_costs_nobody_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    with written(Broken()):
        structlog.get_logger("a.b").info("said")


def test_a_second_configuration_reaches_loggers_that_were_used_before() -> None:
    logger = structlog.get_logger("used_before")
    logger.info("first")
    logs.logging_configure({"level": "INFO"})
    with structlog.testing.capture_logs() as told:
        logger.info("second")
    assert [each["event"] for each in told] == ["second"]
