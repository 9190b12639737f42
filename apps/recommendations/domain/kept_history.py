"""A shopper's stored history as Redis keeps it, with the factors that were solved from it."""

from dataclasses import dataclass

import msgspec
import numpy as np

from apps.events.contracts_history import DayLines
from apps.recommendations.contracts import Solved

# Raised when the fields below change their meaning: what an older release kept is not read.
_LAYOUT = 1


class KeptUnreadable(ValueError):
    """No history, or one of another release."""


@dataclass(frozen=True, slots=True, eq=False)
class KeptHistory:
    """What is kept of one user, or of one client that nobody is logged in on.

    Attributes:
        lines: as they were read.
        clients: whose anonymous events were looked for when they were read.
        solved: factors of exactly these lines; None: there was no model, or nothing to solve.
    """

    lines: DayLines
    clients: tuple[str, ...] = ()
    solved: Solved | None = None


class _Packed(msgspec.Struct, frozen=True, array_like=True):
    layout: int
    clients: tuple[str, ...]
    product_ids: tuple[str, ...]
    days: bytes
    weights: bytes
    at: bytes
    bought_at: bytes
    model: int
    factors: bytes


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Packed)


def kept_history_encode(kept: KeptHistory) -> bytes:
    """As `kept_history_decode` reads it; little-endian whatever the machine."""
    lines, solved = kept.lines, kept.solved
    return _encoder.encode(
        _Packed(
            _LAYOUT,
            kept.clients,
            lines.product_ids,
            lines.days.astype("<i4").tobytes(),
            lines.weights.astype("<f4").tobytes(),
            lines.at.astype("<f8").tobytes(),
            lines.bought_at.astype("<f8").tobytes(),
            0 if solved is None else solved.model,
            b"" if solved is None else solved.factors.astype("<f4").tobytes(),
        )
    )


def kept_history_decode(packed: bytes) -> KeptHistory:
    """What was kept.

    Raises:
        KeptUnreadable: it is not what this release keeps.
    """
    try:
        read = _decoder.decode(packed)
        lines = DayLines(
            read.product_ids,
            np.frombuffer(read.days, dtype="<i4"),
            np.frombuffer(read.weights, dtype="<f4"),
            np.frombuffer(read.at, dtype="<f8"),
            np.frombuffer(read.bought_at, dtype="<f8"),
        )
        factors = np.frombuffer(read.factors, dtype="<f4")
    except (msgspec.MsgspecError, ValueError) as error:
        raise KeptUnreadable(str(error)) from error
    columns = (lines.days, lines.weights, lines.at, lines.bought_at)
    if read.layout != _LAYOUT or any(len(each) != len(lines) for each in columns):
        raise KeptUnreadable("another layout")
    return KeptHistory(lines, read.clients, Solved(read.model, factors) if read.model else None)
