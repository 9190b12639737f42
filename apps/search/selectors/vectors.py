"""The semantic list: the products nearest to what a query means."""

import numpy as np
import structlog
from django.conf import settings

from apps.catalog.contracts import BoolArray, ProductColumns
from apps.common.observability.metrics import degraded_total
from apps.embeddings.contracts import IndexUnavailable, Neighbours
from apps.embeddings.selectors import Engines, engines_now, nearest, query_vector
from apps.search.contracts import RankedList
from apps.search.domain.keyword_list import list_cut, rows_known
from apps.search.metrics import step_timed

logger = structlog.get_logger(__name__)
# So many vectors take about ten times as long to scan as a thread takes to hand work over.
_MANY = 5_000


def semantic_list(text: str, columns: ProductColumns, floor: float) -> RankedList | None:
    """The nearest active products at `floor` or above; None when there is no index."""
    return list_above(_scanned(text, columns, engines_now()), floor)


def list_above(scanned: RankedList | None, floor: float) -> RankedList | None:
    """What of a scan is an answer: at `floor` or above, and not far below the best."""
    if scanned is None:
        return None
    return list_cut(scanned, floor, settings.SEMANTIC_SIMILARITY_RELATIVE)


class Scan:
    """The nearest products of one text, looked for once for each state of the columns.

    It holds its engines from the start: loading them takes statements, and the connection is
    busy while it scans.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._engines = engines_now()
        self._last: tuple[ProductColumns, RankedList | None] | None = None

    @property
    def takes_long(self) -> bool:
        """Whether scanning takes longer than handing other work to another thread."""
        loaded = self._engines.index.value
        return loaded is not None and bool(self._text) and loaded.index.size >= _MANY

    def over(self, columns: ProductColumns) -> RankedList | None:
        """What `_scanned` answers; nothing for an empty text."""
        if not self._text:
            return None
        if self._last is None or self._last[0] is not columns:
            with step_timed("semantic"):
                self._last = (columns, _scanned(self._text, columns, self._engines))
        return self._last[1]


def _scanned(text: str, columns: ProductColumns, engines: Engines) -> RankedList | None:
    try:
        neighbours = _nearest(text, columns, engines)
    except IndexUnavailable as error:
        degraded_total.labels(component="semantic", reason="index").inc()
        logger.warning("semantic_unavailable", reason=str(error))
        return None
    return RankedList(*rows_known(neighbours.pks, neighbours.similarities, columns.row_of_pk))


def _nearest(text: str, columns: ProductColumns, engines: Engines) -> Neighbours:
    vector = query_vector(text, engines)
    if vector is None:
        raise IndexUnavailable("no query encoder")
    return nearest(
        vector=vector,
        k=settings.SEMANTIC_CANDIDATES,
        floor=min(settings.SEMANTIC_SIMILARITY_FLOOR, settings.SEMANTIC_SIMILARITY_FLOOR_ALONE),
        allowed=active_products.by_pk(columns),
        engines=engines,
    )


class _Active:
    """The active products by pk, computed once per state of the columns."""

    def __init__(self) -> None:
        self._last: tuple[ProductColumns, BoolArray] | None = None

    def by_pk(self, columns: ProductColumns) -> BoolArray:
        last = self._last
        if last is not None and last[0] is columns:
            return last[1]
        allowed = np.zeros(len(columns.row_of_pk), dtype=np.bool_)
        allowed[columns.pks[columns.active]] = True
        self._last = (columns, allowed)
        return allowed


active_products = _Active()
