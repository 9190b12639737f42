"""Everything a query finds, before any filter: two lists, fused, over one serving snapshot."""

from collections.abc import Callable
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
    KeywordMode,
    RankedList,
)
from apps.search.contracts_understanding import Understanding
from apps.search.domain.fusion import candidates_fuse
from apps.search.domain.keyword_list import (
    KeywordMatches,
    keyword_list,
    keyword_mode,
    list_cut,
    rows_known,
)
from apps.search.domain.overrides import SearchSettings
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


@dataclass(frozen=True, slots=True, eq=False)
class Lists:
    """What both engines answered, before anything is put together.

    Attributes:
        understanding: what was looked for.
        snapshot: the arrays that rows point into.
        keyword: the keyword list; None: PostgreSQL did not answer.
        firm: how many of its first rows match firmly.
        semantic: the semantic list; None: no index or encoder, or not asked for.
        degraded: what was missing so far.
    """

    understanding: Understanding
    snapshot: ServingSnapshot
    keyword: RankedList | None
    firm: int
    semantic: RankedList | None
    degraded: tuple[str, ...]


def lists_found(understanding: Understanding, *, semantic: bool) -> Lists:
    """Ask both engines, or PostgreSQL alone while it answers and `semantic` is not wanted."""
    scan = _Scan(understanding.searched)
    with step_timed("keyword"):
        meanwhile = scan.over if semantic else _nothing
        matches, snapshot, degraded = _keyword(understanding, serving_snapshot(), meanwhile)
    if not understanding.searched:
        return Lists(understanding, snapshot, None, 0, None, degraded)
    keyword, firm = None, 0
    floor = settings.SEMANTIC_SIMILARITY_FLOOR
    if matches is not None:
        keyword, firm = keyword_list(matches, snapshot.columns.row_of_pk)
        if not len(keyword):
            # Nonsense is as near to some product as many a real query: see docs/search.md.
            floor = settings.SEMANTIC_SIMILARITY_FLOOR_ALONE
    nearest_rows = None
    if semantic or matches is None:
        # The snapshot is another one when the statement found it stale: then scanned again.
        nearest_rows = _above(scan.over(snapshot.columns), floor)
    return Lists(understanding, snapshot, keyword, firm, nearest_rows, degraded)


def lists_fused(lists: Lists, how: SearchSettings) -> Retrieved:
    """One way to put the lists together. A missing engine is named, never an error.

    With both missing nobody knows what the query finds: that is answered by browsing, never
    by "nothing found". With PostgreSQL missing the semantic list answers in any case.
    """
    if not lists.understanding.searched:
        return _browsed(lists.snapshot, lists.degraded)
    keyword, degraded = lists.keyword or RankedList.empty(), lists.degraded
    semantic = RankedList.empty()
    if how.semantic or lists.keyword is None:
        if lists.semantic is None:
            degraded = (*degraded, "semantic")
            if lists.keyword is None:
                return _browsed(lists.snapshot, degraded)
        semantic = lists.semantic or RankedList.empty()
    return Retrieved(
        snapshot=lists.snapshot,
        keyword=keyword,
        firm=lists.firm,
        semantic=semantic,
        candidates=candidates_fuse(keyword, semantic, how.fusion),
        mode=keyword_mode(lists.firm, len(keyword)),
        degraded=degraded,
    )


def retrieval(understanding: Understanding, how: SearchSettings) -> Retrieved:
    """Run both engines and fuse."""
    return lists_fused(lists_found(understanding, semantic=how.semantic), how)


def semantic_ready() -> bool:
    """Whether a semantic list could be had now: the same in every arm, scanned or not."""
    engines = engines_now()
    return engines.encoder.value is not None and engines.index.value is not None


def _nothing(_columns: ProductColumns) -> None:
    return None


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
    understanding: Understanding,
    snapshot: ServingSnapshot,
    meanwhile: Callable[[ProductColumns], object],
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
            lambda: keyword_matches(understanding, columns.horizon, lambda: meanwhile(columns)),
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
