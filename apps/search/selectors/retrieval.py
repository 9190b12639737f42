"""Everything a query finds, before any filter: two lists, fused, over one serving snapshot."""

from dataclasses import dataclass

import numpy as np
import structlog
from django.conf import settings
from django.db import DatabaseError

from apps.catalog.contracts import BoolArray, CategoryTree, ProductColumns
from apps.catalog.selectors import category_tree
from apps.common.observability.metrics import degraded_total
from apps.embeddings.contracts import IndexUnavailable
from apps.embeddings.selectors import nearest, query_vector
from apps.features.contracts import ServingSnapshot
from apps.features.selectors import serving_snapshot, serving_snapshot_refresh
from apps.ranking.contracts import Candidates
from apps.search.contracts import (
    FusionMethod,
    KeywordMatches,
    KeywordMode,
    RankedList,
    Understanding,
)
from apps.search.domain.fusion import Fusion, candidates_fuse
from apps.search.domain.keyword_list import keyword_list, keyword_mode
from apps.search.metrics import step_timed
from apps.search.selectors.keyword import keyword_matches
from apps.search.selectors.postgresql import PostgresqlGone, postgresql_call

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Retrieved:
    """What was found, and over what.

    Attributes:
        snapshot: the arrays that rows point into.
        tree: the category tree of the same moment.
        keyword: the keyword list; empty when browsing.
        firm: how many of its first rows hold every term (or are a spelt part number).
        semantic: the semantic list; empty when browsing or missing.
        candidates: both, fused, unfiltered.
        mode: how keywords matched.
        degraded: `keyword`, `semantic`: which list is missing.
    """

    snapshot: ServingSnapshot
    tree: CategoryTree
    keyword: RankedList
    firm: int
    semantic: RankedList
    candidates: Candidates
    mode: KeywordMode
    degraded: tuple[str, ...]


def retrieval(understanding: Understanding) -> Retrieved:
    """Run both engines and fuse. A missing engine is named, never an error."""
    degraded: list[str] = []
    with step_timed("keyword"):
        matches = _keyword(understanding)
        if matches is None:
            degraded.append("keyword")
        snapshot = _snapshot(matches)
    if not understanding.normalised:
        return _browsed(snapshot, tuple(degraded))
    keyword, firm = RankedList.empty(), 0
    if matches is not None:
        keyword, firm = keyword_list(matches, snapshot.columns.row_of_pk)
    with step_timed("semantic"):
        semantic = semantic_list(understanding.normalised, snapshot.columns)
    if semantic is None:
        degraded.append("semantic")
        semantic = RankedList.empty()
    return Retrieved(
        snapshot=snapshot,
        tree=_tree(),
        keyword=keyword,
        firm=firm,
        semantic=semantic,
        candidates=candidates_fuse(keyword, semantic, fusion_configured()),
        mode=keyword_mode(firm, len(keyword)),
        degraded=tuple(degraded),
    )


def fusion_configured() -> Fusion:
    return Fusion(FusionMethod(settings.SEARCH_FUSION), settings.SEARCH_FUSION_KEYWORD_WEIGHT)


def semantic_list(text: str, columns: ProductColumns) -> RankedList | None:
    """The nearest active products above the similarity floor; None when there is no index."""
    try:
        vector = query_vector(text)
        if vector is None:
            raise IndexUnavailable("no query encoder")
        neighbours = nearest(
            vector=vector,
            k=settings.SEMANTIC_CANDIDATES,
            floor=settings.SEMANTIC_SIMILARITY_FLOOR,
            allowed=_active.by_pk(columns),
        )
    except IndexUnavailable as error:
        degraded_total.labels(component="semantic", reason="index").inc()
        logger.warning("semantic_unavailable", reason=str(error))
        return None
    pks = neighbours.pks
    rows = np.full(len(pks), -1, dtype=np.int32)
    known = pks < len(columns.row_of_pk)
    rows[known] = columns.row_of_pk[pks[known]]
    found = rows >= 0
    return RankedList(rows[found], neighbours.similarities[found])


def _keyword(understanding: Understanding) -> KeywordMatches | None:
    try:
        snapshot = serving_snapshot()
        return postgresql_call(
            "keyword", lambda: keyword_matches(understanding, snapshot.columns.horizon)
        )
    except PostgresqlGone:
        return None


def _snapshot(matches: KeywordMatches | None) -> ServingSnapshot:
    """The snapshot at hand, or a fresh one when the statement saw a newer catalogue."""
    snapshot = serving_snapshot()
    if matches is None or matches.fingerprint == snapshot.columns.fingerprint:
        return snapshot
    try:
        return postgresql_call("catalogue", serving_snapshot_refresh)
    except PostgresqlGone:
        return snapshot


def _browsed(snapshot: ServingSnapshot, degraded: tuple[str, ...]) -> Retrieved:
    """Every active product, with a search score of 0: other features order them."""
    rows = np.flatnonzero(snapshot.columns.active).astype(np.int32)
    size = len(rows)
    absent = np.full(size, np.nan, dtype=np.float32)
    nowhere = np.zeros(size, dtype=np.int32)
    return Retrieved(
        snapshot=snapshot,
        tree=_tree(),
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


def _tree() -> CategoryTree:
    try:
        return category_tree()
    except DatabaseError:
        # Only on first use with PostgreSQL down: no category is known yet.
        return CategoryTree(())


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
