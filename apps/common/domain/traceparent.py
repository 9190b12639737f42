"""W3C Trace Context, level 1: reading and writing `traceparent`."""

import re
import secrets
from dataclasses import dataclass

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


@dataclass(frozen=True, slots=True)
class TraceParent:
    """The four fields of the header.

    Attributes:
        trace_id: 32 hex digits, not all zero.
        span_id: the caller's span, 16 hex digits, not all zero.
        sampled: bit 0 of the flags.
    """

    trace_id: str
    span_id: str
    sampled: bool


def traceparent_parse(header: str) -> TraceParent | None:
    """The header's fields; None when it is malformed, which means: start a new trace.

    Source: W3C Trace Context, section 3.2.
    """
    found = _TRACEPARENT.fullmatch(header.strip())
    if found is None:
        return None
    version, trace_id, span_id, flags, rest = found.groups()
    malformed = (
        version == "ff"
        or set(trace_id) == {"0"}
        or set(span_id) == {"0"}
        or (version == "00" and rest is not None)
    )
    return None if malformed else TraceParent(trace_id, span_id, bool(int(flags, 16) & 1))


def traceparent_format(trace_id: str, span_id: str, *, sampled: bool) -> str:
    """The header's text at version 00."""
    return f"00-{trace_id}-{span_id}-{'01' if sampled else '00'}"


def trace_id_new() -> str:
    """32 random hex digits."""
    return secrets.token_hex(16)


def span_id_new() -> str:
    """16 random hex digits."""
    return secrets.token_hex(8)
