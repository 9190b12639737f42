"""Everything a query finds, before any filter: two lists, fused, over one serving snapshot."""

from dataclasses import dataclass

import numpy as np
import structlog
from django.conf import settings

from apps.catalog.contracts import BoolArray, ProductColumns
from apps.common.observability.metrics import degraded_total
from apps.embeddings.contracts import IndexUnavailable, Neighbours
from apps.embeddings.selectors import Engines, engines_now, nearest, query_vector
from apps.features.contracts import ServingSnapshot
from apps.features.selectors import serving_snapshot, serving_snapshot_followed
from apps.ranking.contracts import Candidates
from apps.search.contracts import (
    FusionMethod,
    KeywordMatches,
    KeywordMode,
    RankedList,
    Understanding,
)
from apps.search.domain.fusion import Fusion, candidates_fuse
from apps.search.domain.keyword_list import keyword_list, keyword_mode, list_cut, rows_known
from apps.search.metrics import step_timed
from apps.search.selectors.keyword import keyword_matches
from apps.search.selectors.postgresql import PostgresqlGone, postgresql_call

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Retrieved:
    """What was found, and over what.

    Attributes:
        snapshot: the arrays that rows point into.
        keyword: the keyword list; empty when browsing.
        firm: how many of its first rows hold every term (or are a spelt part number).
        semantic: the semantic list; empty when browsing or missing.
        candidates: both, fused, unfiltered.
        mode: how keywords matched.
        degraded: `keyword`, `semantic`: which list is missing; `catalog`: newer products are.
    """

    snapshot: ServingSnapshot
    keyword: RankedList
    firm: int
    semantic: RankedList
    candidates: Candidates
    mode: KeywordMode
    degraded: tuple[str, ...]


def retrieval(understanding: Understanding) -> Retrieved:
    """Run both engines and fuse. A missing engine is named, never an error.

    With both missing nobody knows what the query finds: that is answered by browsing, never
    by "nothing found".
    """
    degraded: list[str] = []
    scan = _Scan(understanding.normalised)
    with step_timed("keyword"):
        matches, snapshot, missing = _keyword(understanding, serving_snapshot(), scan)
        degraded.extend(missing)
    if not understanding.normalised:
        return _browsed(snapshot, tuple(degraded))
    keyword, firm = RankedList.empty(), 0
    if matches is not None:
        keyword, firm = keyword_list(matches, snapshot.columns.row_of_pk)
    floor = settings.SEMANTIC_SIMILARITY_FLOOR
    if matches is not None and not len(keyword):
        # Nonsense is as near to some product as many a real query: see docs/search.md.
        floor = settings.SEMANTIC_SIMILARITY_FLOOR_ALONE
    # The snapshot is another one when the statement found it stale: then scanned again.
    semantic = _above(scan.over(snapshot.columns), floor)
    if semantic is None:
        degraded.append("semantic")
        if matches is None:
            return _browsed(snapshot, tuple(degraded))
        semantic = RankedList.empty()
    return Retrieved(
        snapshot=snapshot,
        keyword=keyword,
        firm=firm,
        semantic=semantic,
        candidates=candidates_fuse(keyword, semantic, fusion_configured()),
        mode=keyword_mode(firm, len(keyword)),
        degraded=tuple(degraded),
    )


def fusion_configured() -> Fusion:
    return Fusion(FusionMethod(settings.SEARCH_FUSION), settings.SEARCH_FUSION_KEYWORD_WEIGHT)


def semantic_list(text: str, columns: ProductColumns, floor: float) -> RankedList | None:
    """The nearest active products at `floor` or above; None when there is no index."""
    return _above(_scanned(text, columns, engines_now()), floor)


def _above(scanned: RankedList | None, floor: float) -> RankedList | None:
    if scanned is None:
        return None
    return list_cut(scanned, floor, settings.SEMANTIC_SIMILARITY_RELATIVE)


class _Scan:
    """The nearest products of one text, looked for once for each state of the columns.

    It holds its engines from the start: loading them takes statements, and the connection is
    busy while it scans.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._engines = engines_now()
        self._last: tuple[ProductColumns, RankedList | None] | None = None

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
        allowed=_active.by_pk(columns),
        engines=engines,
    )


def _keyword(
    understanding: Understanding, snapshot: ServingSnapshot, scan: _Scan
) -> tuple[KeywordMatches | None, ServingSnapshot, tuple[str, ...]]:
    """The matches, the snapshot to read them by, and what is missing.

    It is a fresh snapshot when the statement saw newer rows; could it not be had, then
    `catalog` is missing: products that it does not know are left out.

    The vectors are scanned while PostgreSQL looks for words.
    """
    columns = snapshot.columns
    try:
        matches = postgresql_call(
            "keyword",
            lambda: keyword_matches(understanding, columns.horizon, lambda: scan.over(columns)),
        )
    except PostgresqlGone:
        return None, snapshot, ("keyword",)
    if matches.fingerprint == snapshot.columns.fingerprint:
        return matches, snapshot, ()
    snapshot, followed = serving_snapshot_followed()
    return matches, snapshot, () if followed else ("catalog",)


def _browsed(snapshot: ServingSnapshot, degraded: tuple[str, ...]) -> Retrieved:
    """Every active product, with a search score of 0: other features order them."""
    rows = np.flatnonzero(snapshot.columns.active).astype(np.int32)
    size = len(rows)
    absent = np.full(size, np.nan, dtype=np.float32)
    nowhere = np.zeros(size, dtype=np.int32)
    return Retrieved(
        snapshot=snapshot,
        keyword=RankedList.empty(),
        firm=0,
        semantic=RankedList.empty(),
        candidates=Candidates(
            rows=rows,
            keyword_score=absent,
            keyword_rank=nowhere,
            semantic_score=absent,
            semantic_rank=nowhere,
            search_score=np.zeros(size, dtype=np.float32),
        ),
        mode=KeywordMode.BROWSE,
        degraded=degraded,
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


_active = _Active()
