"""Everything a query finds, before any filter: two lists, fused, over one serving snapshot."""

from dataclasses import dataclass

import numpy as np
import structlog
from django.conf import settings

from apps.catalog.selectors_state import look_says_fresh, look_statement
from apps.common.observability.metrics import degraded_total
from apps.common.postgresql import PostgresqlGone, postgresql_call
from apps.embeddings.selectors import engines_now
from apps.features.contracts import ServingSnapshot
from apps.features.selectors import serving_snapshot, serving_snapshot_followed
from apps.ranking.contracts import Candidates
from apps.ranking.domain.unfound import candidates_unfound
from apps.search.contracts import (
    KeywordMode,
    RankedList,
)
from apps.search.contracts_understanding import Understanding
from apps.search.domain.fusion import candidates_fuse
from apps.search.domain.keyword_list import (
    keyword_list,
    keyword_mode,
)
from apps.search.domain.overrides import SearchSettings
from apps.search.metrics import step_timed
from apps.search.selectors.beside import both_done
from apps.search.selectors.keyword import keyword_matches
from apps.search.selectors.language import search_language
from apps.search.selectors.seen import columns_are_seen, columns_saw
from apps.search.selectors.statements import prepared_fetch
from apps.search.selectors.vectors import Scan, list_above
from apps.search.selectors.words import Words, WordSearch

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
        degraded: `keyword`, `semantic`: which list is missing; `lexicon`: PostgreSQL looked for
            the words instead; `catalog`: newer products are missing.
        words: how the lexicon made the keyword list; None: it did not.
        popular_in: path of the category whose products these are, for nothing else was found;
            empty: they were found.
        asked: the query as the query log counts it: normalised, corrected where it was.
    """

    snapshot: ServingSnapshot
    keyword: RankedList
    firm: int
    semantic: RankedList
    candidates: Candidates
    mode: KeywordMode
    degraded: tuple[str, ...]
    words: Words | None = None
    popular_in: str = ""
    asked: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Lists:
    """What both engines answered, before anything is put together.

    Attributes:
        understanding: what was looked for.
        snapshot: the arrays that rows point into.
        keyword: the keyword list; None: neither lexicon nor PostgreSQL answered.
        firm: how many of its first rows match firmly.
        semantic: the semantic list; None: no index or encoder, or not asked for.
        degraded: what was missing so far.
        words: how the lexicon made the keyword list; None: it did not.
    """

    understanding: Understanding
    snapshot: ServingSnapshot
    keyword: RankedList | None
    firm: int
    semantic: RankedList | None
    degraded: tuple[str, ...]
    words: Words | None = None


def lists_found(understanding: Understanding, *, semantic: bool) -> Lists:
    """Ask lexicon and vectors; PostgreSQL says meanwhile whether anything has changed.

    The vectors are asked where `semantic` is wanted, and where nobody else answers. Without a
    lexicon PostgreSQL looks for the words.
    """
    scan, snapshot = Scan(understanding.searched), serving_snapshot()
    search = WordSearch(understanding)
    with step_timed("keyword"):
        if not understanding.searched:
            snapshot, degraded = _looked(snapshot, search, None)
            return Lists(understanding, snapshot, None, 0, None, degraded)
        if search.ready(snapshot):
            snapshot, degraded = _looked(snapshot, search, scan if semantic else None)
            words = search.over()
            keyword, firm = (None, 0) if words is None else (words.ranked, words.firm)
            degraded = (*degraded, *language_missing(words))
        else:
            words = None
            degraded_total.labels(component="lexicon", reason="missing").inc()
            keyword, firm, snapshot, degraded = _full_text(understanding, snapshot, scan)
    nearest_rows = None
    if semantic or keyword is None:
        # Nonsense is as near to some product as many a real query: see docs/search.md.
        alone = keyword is not None and not len(keyword)
        floor = settings.SEMANTIC_SIMILARITY_FLOOR
        floor = settings.SEMANTIC_SIMILARITY_FLOOR_ALONE if alone else floor
        # The snapshot is another one when it was found to be stale: then scanned again.
        nearest_rows = list_above(scan.over(snapshot.columns), floor)
    return Lists(understanding, snapshot, keyword, firm, nearest_rows, degraded, words)


def lists_fused(lists: Lists, how: SearchSettings) -> Retrieved:
    """One way to put the lists together. A missing engine is named, never an error.

    With both missing nobody knows what the query finds: that is answered by browsing, never
    by "nothing found". With keywords missing the semantic list answers in any case.
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
        words=lists.words,
        asked=query_asked(lists.understanding),
    )


def query_asked(understanding: Understanding) -> str:
    """The query under which its log and its click history stand."""
    mended = understanding.correction
    return mended.corrected if mended else understanding.normalised


def language_missing(words: Words | None) -> tuple[str, ...]:
    """`language` while the lexicon is not yet in the one that is set."""
    if words is None or words.bound.lexicon.analysis.language == search_language():
        return ()
    return ("language",)


def retrieval(understanding: Understanding, how: SearchSettings) -> Retrieved:
    """Run both engines and fuse."""
    return lists_fused(lists_found(understanding, semantic=how.semantic), how)


def semantic_ready() -> bool:
    """Whether a semantic list could be had now: the same in every arm, scanned or not."""
    engines = engines_now()
    return engines.encoder.value is not None and engines.index.value is not None


def _looked(
    snapshot: ServingSnapshot, search: WordSearch, meanwhile: Scan | None
) -> tuple[ServingSnapshot, tuple[str, ...]]:
    """The snapshot as PostgreSQL says it should be, the search made ready for it, what is missing.

    Words and vectors are looked for while PostgreSQL looks whether anything was written since,
    both at once where scanning takes long.
    When a change cannot be read, then `catalog` is missing: what is in memory answers.
    """
    columns = snapshot.columns

    def work() -> None:
        if meanwhile is None:
            search.over()
        elif meanwhile.takes_long:
            both_done(search.over, lambda: meanwhile.over(columns))
        else:
            search.over()
            meanwhile.over(columns)

    fresh = columns_are_seen(columns)
    try:
        if fresh:
            work()
        else:
            answer = postgresql_call(
                "look", lambda: prepared_fetch(*look_statement(columns), work)
            )
            fresh = look_says_fresh(columns, answer[0])
    except PostgresqlGone:
        return snapshot, ("catalog",)
    if fresh:
        columns_saw(columns)
        return snapshot, () if search.current or not search.wanted else ("catalog",)
    snapshot, followed = serving_snapshot_followed()
    if search.wanted:
        search.ready(snapshot)
        followed = followed and search.current
    return snapshot, () if followed else ("catalog",)


def _full_text(
    understanding: Understanding, snapshot: ServingSnapshot, scan: Scan
) -> tuple[RankedList | None, int, ServingSnapshot, tuple[str, ...]]:
    """What PostgreSQL's full text finds, and the snapshot to read it by; None: it is gone."""
    columns = snapshot.columns
    try:
        matches = postgresql_call(
            "keyword",
            lambda: keyword_matches(understanding, columns.horizon, lambda: scan.over(columns)),
        )
    except PostgresqlGone:
        return None, 0, snapshot, ("keyword",)
    degraded: tuple[str, ...] = ("lexicon",)
    if matches.fingerprint != columns.fingerprint:
        snapshot, followed = serving_snapshot_followed()
        degraded = degraded if followed else (*degraded, "catalog")
    keyword, firm = keyword_list(matches, snapshot.columns.row_of_pk)
    return keyword, firm, snapshot, degraded


def _browsed(snapshot: ServingSnapshot, degraded: tuple[str, ...]) -> Retrieved:
    """Every active product, with a search score of 0: other features order them."""
    rows = np.flatnonzero(snapshot.columns.active).astype(np.int32)
    return Retrieved(
        snapshot=snapshot,
        keyword=RankedList.empty(),
        firm=0,
        semantic=RankedList.empty(),
        candidates=candidates_unfound(rows),
        mode=KeywordMode.BROWSE,
        degraded=degraded,
    )
