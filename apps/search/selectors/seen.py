"""Columns that PostgreSQL has called fresh for this request: not asked about once more."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from apps.catalog.contracts import ProductColumns

_answering: ContextVar[bool] = ContextVar("endcap_search_answering", default=False)
_seen: ContextVar[ProductColumns | None] = ContextVar("endcap_search_seen", default=None)


@contextmanager
def catalogue_seen(columns: ProductColumns | None) -> Iterator[None]:
    """For as long as it lasts, `columns` are known to be fresh; None: nothing is known."""
    seen, answering = _seen.set(columns), _answering.set(True)
    try:
        yield
    finally:
        _seen.reset(seen)
        _answering.reset(answering)


def columns_saw(columns: ProductColumns) -> None:
    """PostgreSQL has just called these columns fresh: a second reading need not ask again.

    Nothing is noted outside of an answer: nobody would forget it.
    """
    if _answering.get():
        _seen.set(columns)


def columns_are_seen(columns: ProductColumns) -> bool:
    """Whether PostgreSQL has been asked about these columns for the request at hand."""
    return _seen.get() is columns
