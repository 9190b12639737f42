"""Where words do not find everything: what was given up, and what answers instead."""

from dataclasses import replace

import numpy as np

from apps.catalog.contracts import FilterSet, IntArray
from apps.catalog.domain.masks import filter_masks
from apps.features.contracts import ServingSnapshot
from apps.ranking.domain.unfound import candidates_unfound
from apps.search.contracts import Fallback, KeywordMode, Matching, RankedList, SearchRequest, Sort
from apps.search.domain.contending import Arm
from apps.search.domain.mentioned import only_mentioned
from apps.search.domain.relaxation import Relaxation, relaxation_of
from apps.search.selectors.scoring import Scored, matches_scored
from apps.search.selectors.words import Words


def matching_of(scored: Scored) -> Matching:
    """How the products were found that pass every filter, and what they lack of the query."""
    retrieved = scored.retrieved
    mode, semantic = retrieved.mode, len(retrieved.semantic) > 0
    if retrieved.popular_in:
        popular = Fallback.CATEGORY_POPULAR
        return Matching(mode, semantic, fallback=popular, popular_in=retrieved.popular_in)
    kept = scored.ranking.candidates
    if mode is KeywordMode.BROWSE or scored.found <= 0 or "keyword" in retrieved.degraded:
        return Matching(mode, semantic)
    found = kept.keyword_rank > 0
    if not found.any():
        return Matching(mode, semantic, fallback=Fallback.SEMANTIC)
    words = retrieved.words
    if words is None:
        return Matching(mode, semantic)
    if (kept.keyword_rank[found] <= retrieved.firm).any():
        # What names a category says what is wanted, and that there is such a category.
        names = any(each.field == "category" for each in scored.extracted)
        mentioned = not names and only_mentioned(words.matches)
        return Matching(mode, semantic, fallback=Fallback.MENTIONED if mentioned else None)
    given_up = _given_up(words, retrieved.snapshot, kept.rows[found])
    return Matching(mode, semantic, relaxed=given_up.dropped)


def _given_up(words: Words, snapshot: ServingSnapshot, rows: IntArray) -> Relaxation:
    """What these rows, none of which holds every word, lack of the query."""
    groups = np.zeros(len(snapshot.columns.pks), dtype=np.uint32)
    groups[words.matches.rows] = words.matches.groups
    return relaxation_of(words.spoken, groups[rows]) or Relaxation()


def popular_instead(scored: Scored, request: SearchRequest, arm: Arm) -> Scored | None:
    """Popular products of the category that the query is about, where nothing was found.

    The shopper's filters hold; the nearest category above that has any product does as well.
    Without a word that the catalogue knows, nothing says what it is about: then None.
    """
    path = _meant(scored)
    if path is None:
        return None
    rows, found_in = _nearest_shelf(scored.retrieved.snapshot, path, request.filters)
    if not len(rows):
        return None
    retrieved = replace(
        scored.retrieved,
        keyword=RankedList.empty(),
        firm=0,
        semantic=RankedList.empty(),
        candidates=candidates_unfound(rows),
        mode=KeywordMode.NONE,
        popular_in=found_in,
    )
    sort = Sort.POPULARITY if request.sort is Sort.RELEVANCE else request.sort
    instead = matches_scored(retrieved, replace(request, sort=sort), arm, (), scored.ruled)
    return instead if instead.found else None


def _meant(scored: Scored) -> str | None:
    """The path of the category that the query is about; None: it is about none."""
    retrieved = scored.retrieved
    if retrieved.mode is KeywordMode.BROWSE or {"keyword", "semantic"} <= set(retrieved.degraded):
        return None
    named = [each.value for each in scored.extracted if each.field == "category"]
    if not named and not len(retrieved.keyword):
        return None
    detected = scored.category.path if scored.category else None
    return scored.filtered or (named[0] if named else detected)


def _nearest_shelf(
    snapshot: ServingSnapshot, path: str, filters: FilterSet
) -> tuple[IntArray, str]:
    """Rows of the first category, from `path` upwards, that has products; and its path."""
    columns, tree = snapshot.columns, snapshot.tree
    category = tree.by_path(path)
    if category is None:
        return np.zeros(0, dtype=np.int32), path
    keep = columns.active.copy()
    for mask in filter_masks(columns, tree, filters).values():
        keep &= mask
    for code in (category.code, *tree.ancestors(category.code)):
        node = tree.categories[code]
        inside = keep & (columns.category >= code) & (columns.category < node.end)
        if inside.any():
            return np.flatnonzero(inside).astype(np.int32), node.path
    return np.zeros(0, dtype=np.int32), path
