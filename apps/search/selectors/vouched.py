"""What PostgreSQL has vouched for, so that not every kept answer has to ask it.

That nothing was written since this process read its columns is known while three things hold:
PostgreSQL said so, no longer ago than one poll of the versions; the mark in Redis that every
writer moves (`apps.common.stamps`) stands where it stood *before* PostgreSQL was asked; and the
columns are still the same. Writers move the mark after their commit and before they go on, so
whoever has seen an edit succeed finds the mark moved, and PostgreSQL is asked. What moves no
mark (raw SQL, a writer that died, Redis gone or set back) shows after one poll at the latest.
"""

import time
from dataclasses import dataclass

from django.conf import settings

from apps.catalog.contracts import ProductColumns
from apps.search.selectors.versions import catalogue_is_fresh


@dataclass(frozen=True, slots=True)
class _Vouched:
    """What PostgreSQL said last.

    Attributes:
        state: horizon and fingerprint of the columns.
        stamp: the mark in Redis, read before PostgreSQL was asked; empty: it is not known.
        until: of the process's clock, seconds.
    """

    state: tuple[int, str] = (0, "")
    stamp: bytes = b""
    until: float = 0.0


@dataclass(slots=True)
class _Process:
    """What this process knows.

    Attributes:
        vouched: what PostgreSQL said last.
        stamp: the mark as any request read it last.
    """

    vouched: _Vouched = _Vouched()
    stamp: bytes = b""


_process = _Process()


def look_is_due(columns: ProductColumns) -> bool:
    """Whether PostgreSQL has to be asked whatever Redis is going to answer."""
    vouched = _process.vouched
    return vouched.state != _state(columns) or time.monotonic() >= vouched.until


def look_ahead(columns: ProductColumns) -> bool:
    """Ask PostgreSQL while Redis still answers; whether nothing was written since.

    The mark that is on its way may have been read after this: only if it is the one that was
    known before, it has not moved meanwhile.
    """
    return _looked(columns, _process.stamp)


def stamp_seen(stamp: bytes) -> None:
    """Note the mark as Redis told it; empty: it did not."""
    if stamp:
        _process.stamp = stamp


def columns_are_fresh(columns: ProductColumns, stamp: bytes) -> bool:
    """Whether nothing was written since the columns were read, as far as their writers said.

    Args:
        columns: of this process.
        stamp: the mark as Redis told it with this request; empty: it did not.
    """
    vouched = _process.vouched
    if stamp:
        _process.stamp = stamp
        if stamp == vouched.stamp and not look_is_due(columns):
            return True
    return _looked(columns, stamp)


def _looked(columns: ProductColumns, stamp: bytes) -> bool:
    asked = time.monotonic()
    fresh = catalogue_is_fresh(columns)
    if fresh and stamp:
        until = asked + settings.ENDCAP_VERSION_POLL_S
        _process.vouched = _Vouched(_state(columns), stamp, until)
    return fresh


def _state(columns: ProductColumns) -> tuple[int, str]:
    return columns.horizon, columns.fingerprint


def vouched_forget() -> None:
    """As if PostgreSQL had never been asked (tests, and a worker process after its fork)."""
    _process.vouched, _process.stamp = _Vouched(), b""
