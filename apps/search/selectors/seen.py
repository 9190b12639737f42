"""Columns that PostgreSQL has called fresh for this request: not asked about once more."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from apps.catalog.contracts import ProductColumns

_seen: ContextVar[ProductColumns | None] = ContextVar("endcap_search_seen", default=None)


@contextmanager
def catalogue_seen(columns: ProductColumns | None) -> Iterator[None]:
    """For as long as it lasts, `columns` are known to be fresh; None: nothing is known."""
    token = _seen.set(columns)
    try:
        yield
    finally:
        _seen.reset(token)


def columns_are_seen(columns: ProductColumns) -> bool:
    """Whether PostgreSQL has been asked about these columns for the request at hand."""
    return _seen.get() is columns
