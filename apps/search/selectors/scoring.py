"""Filter, weigh, score and order what was retrieved, as rules say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from apps.catalog.contracts import BoolArray, CategoryTree, FilterSet, UnknownFilter
from apps.catalog.domain.masks import filter_masks
from apps.common.errors import InvalidInput
from apps.events.contracts_sessions import SessionState
from apps.features.contracts import CF_SCORE, POPULARITY_SCORE
from apps.ranking.contracts import Candidates, Int32, Ranking
from apps.ranking.domain.pipeline import rank
from apps.ranking.domain.rule_effects import KEPT, Effect
from apps.ranking_weights.selectors import weights_resolve
from apps.search.contracts import (
    DetectedCategory,
    KeywordMode,
    SearchRequest,
    Sort,
)
from apps.search.contracts_understanding import Extraction, ExtractionUse
from apps.search.domain.contending import Arm
from apps.search.domain.detection import best_places
from apps.search.domain.ordering import sorted_order
from apps.search.domain.query_category import query_category
from apps.search.domain.ruling import Ruled
from apps.search.domain.understanding.narrowing import (
    Lift,
    all_softened,
    detected_only,
    filters_any,
    filters_of,
    filters_with,
    labels_of,
    lift_of,
)
from apps.search.selectors.personal import because_words, features_available, personal_of
from apps.search.selectors.query_categories import clicks_of
from apps.search.selectors.retrieval import Retrieved
from apps.search.selectors.ruled import effect_of


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """The matches in their order, and what it came from.

    Attributes:
        retrieved: what was found.
        matched: the candidates that this sort answers from, before filters.
        passes: field to bool[len(matched)]: which of them each filter lets through.
        ranking: the pipeline's own record of those that pass all.
        category: where the query's best candidates stand.
        filtered: the filtered category; of several the one that holds them all.
        extracted: what the query names, as it acted: a filter that would have left nothing is
            a boost.
        lift: what boosts made of the search scores of those that pass; None: there are none.
        ruled: the rules that were asked; None: there are none.
        effect: what those that act do; None: none does.
        fetched: how many are there only because they are pinned.
        visit: that counts in the ranking; None: none does.
    """

    retrieved: Retrieved
    matched: Candidates
    passes: Mapping[str, BoolArray]
    ranking: Ranking
    category: DetectedCategory | None
    filtered: str | None = None
    extracted: tuple[Extraction, ...] = ()
    lift: Lift | None = None
    ruled: Ruled | None = None
    effect: Effect | None = None
    fetched: int = 0
    visit: SessionState | None = None

    @property
    def found(self) -> int:
        """How many hits the query found: those that are pinned only are none."""
        return len(self.ranking.order) - self.fetched

    def because(self, ranks: Int32) -> tuple[str, ...]:
        """What of the visit speaks for the hits at some 1-based ranks; empty: none counts."""
        hidden = None if self.effect is None else self.effect.hidden
        return because_words(self.visit, self.retrieved.snapshot, self.ranking, ranks, hidden)


def matches_scored(
    retrieved: Retrieved,
    request: SearchRequest,
    arm: Arm,
    extracted: tuple[Extraction, ...] = (),
    ruled: Ruled | None = None,
) -> Scored:
    """Order every match, as one arm does.

    Args:
        retrieved: what was found.
        request: what was asked.
        arm: the way to do it.
        extracted: what the query names.
        ruled: the arm's rules; None: there are none.

    Raises:
        InvalidInput: a filter on an attribute that no product has.
    """
    columns = retrieved.snapshot.columns
    category = _detected(retrieved, extracted)
    about = retrieved.popular_in or (category.path if category else None)
    effect = effect_of(ruled, retrieved.snapshot, request.filters, about)
    for found in _matched(retrieved, request.sort):
        matched = found if effect is None else effect.joined(found)
        pool = _Pool(retrieved, matched, len(found), effect)
        filters, passes, acting = _narrowed(pool, request, category, extracted)
        if pool.any_left(passes):
            break
    extracted = acting
    kept = candidates_kept(matched, all_of(passes, len(matched))) if passes else matched
    lift = _lift(retrieved, kept, extracted)
    if lift is not None:
        kept = replace(kept, search_score=lift.scores())
    filtered = _filtered_path(retrieved.snapshot.tree, filters.categories)
    personal = personal_of(request, arm.settings, retrieved.snapshot, kept.rows)
    weights = weights_resolve(
        category_path=filtered or (category.path if category else None),
        available=features_available(retrieved.snapshot, known=CF_SCORE in personal.features),
        override=request.weights_override,
        choice=arm.weights,
        chosen_by=arm.chosen_by,
    )
    # In the type that numpy indexes by: else each column would turn them into it anew.
    at = kept.rows.astype(np.intp)
    features = {name: column.take(at) for name, column in retrieved.snapshot.features.items()}
    features.update(personal.features)
    order = None
    if request.sort is not Sort.RELEVANCE:
        popularity = features.get(POPULARITY_SCORE, np.zeros(len(kept), dtype=np.float32))
        order = sorted_order(request.sort, columns, kept.rows, popularity)
    fetched = matched.rows[len(found) :]
    ranking = rank(
        candidates=kept,
        features=features,
        weights=personal.beside(weights),
        tie_break=columns.pks.take(at).astype(np.int64),
        rules=() if effect is None else effect.rules(fetched.tolist(), by_score=order is None),
        order=order,
    )
    return Scored(
        retrieved, matched, passes, ranking, category, filtered, extracted, lift,
        ruled, effect, len(fetched), personal.visit,
    )  # fmt: skip


def candidates_kept(candidates: Candidates, keep: BoolArray) -> Candidates:
    """The candidates that `keep` lets through, their scores unchanged."""
    if keep.all():
        return candidates
    return Candidates(
        rows=candidates.rows[keep],
        keyword_score=candidates.keyword_score[keep],
        keyword_rank=candidates.keyword_rank[keep],
        semantic_score=candidates.semantic_score[keep],
        semantic_rank=candidates.semantic_rank[keep],
        search_score=candidates.search_score[keep],
    )


def _detected(retrieved: Retrieved, extracted: tuple[Extraction, ...]) -> DetectedCategory | None:
    """Of every search that has a query; browsing is about what the shopper filters by."""
    if retrieved.mode is KeywordMode.BROWSE:
        return None
    best = best_places(retrieved.candidates)
    return query_category(
        codes=retrieved.snapshot.columns.category[retrieved.candidates.rows[best]],
        scores=retrieved.candidates.search_score[best],
        tree=retrieved.snapshot.tree,
        named=[each.value for each in extracted if each.field == "category"],
        clicks=clicks_of(retrieved.asked),
    )


def _matched(retrieved: Retrieved, sort: Sort) -> Iterator[Candidates]:
    """What a sort answers from: everything by relevance; else the first that filters leave any of.

    The far end of a fused list is in no order but relevance's a good answer: sorted by price
    it would come first. So other sorts take products with every term, else with any, else
    the semantic list.
    """
    if sort is not Sort.RELEVANCE and retrieved.mode is not KeywordMode.BROWSE:
        for count in dict.fromkeys((retrieved.firm, len(retrieved.keyword))):
            if count:
                # Fused candidates begin with the keyword list, best first.
                keep = np.zeros(len(retrieved.candidates), dtype=np.bool_)
                keep[:count] = True
                yield candidates_kept(retrieved.candidates, keep)
    yield retrieved.candidates


@dataclass(frozen=True, slots=True, eq=False)
class _Pool:
    """Candidates before filters.

    Attributes:
        retrieved: where they are from.
        matched: those found, then pinned ones that were not.
        found: how many were.
        effect: of rules; None: there is none.
    """

    retrieved: Retrieved
    matched: Candidates
    found: int
    effect: Effect | None

    def passes(self, filters: FilterSet) -> dict[str, BoolArray]:
        """Field to bool[m]: which of them each filter lets through, a rule's own among them."""
        snapshot = self.retrieved.snapshot
        try:
            masks = filter_masks(snapshot.columns, snapshot.tree, filters)
        except UnknownFilter as error:
            raise InvalidInput(str(error), field=error.field, code="unknown_filter") from error
        if self.effect is not None and self.effect.kept is not None:
            masks[KEPT] = self.effect.kept
        return {name: mask[self.matched.rows] for name, mask in masks.items()}

    def any_left(self, passes: Mapping[str, BoolArray]) -> bool:
        """Whether anything found passes every filter, and is not hidden."""
        if not passes and self.effect is None:
            return self.found > 0
        left = all_of(passes, len(self.matched))
        shown = None if self.effect is None else self.effect.shown(self.matched.rows)
        return bool((left if shown is None else left & shown)[: self.found].any())

    def with_pinned(self, passes: dict[str, BoolArray]) -> dict[str, BoolArray]:
        """Pinned products pass: the shopper's own filters let them through already."""
        pinned = None if self.effect is None else self.effect.pinned(self.matched.rows)
        if pinned is None:
            return passes
        return {field: mask | pinned for field, mask in passes.items()}


def _narrowed(
    pool: _Pool,
    request: SearchRequest,
    category: DetectedCategory | None,
    extracted: tuple[Extraction, ...],
) -> tuple[FilterSet, dict[str, BoolArray], tuple[Extraction, ...]]:
    """The filters that act, what each lets through, and the extractions as they act.

    Filters that the shopper did not ask for never turn hits into none: then they are boosts.
    Nor do they keep a pinned product away.
    """
    extracted = detected_only(extracted, category.path if category else None)
    if filters_any(extracted):
        filters = filters_with(request.filters, filters_of(extracted, ExtractionUse.FILTER))
        passes = pool.passes(filters)
        if pool.any_left(passes):
            return filters, pool.with_pinned(passes), extracted
        extracted = all_softened(extracted)
    return request.filters, pool.passes(request.filters), extracted


def _lift(
    retrieved: Retrieved, kept: Candidates, extracted: tuple[Extraction, ...]
) -> Lift | None:
    """What boosts make of the candidates; browsing has no search score to lift."""
    labels = labels_of(extracted)
    if not labels or retrieved.mode is KeywordMode.BROWSE:
        return None
    wanted = filters_of(extracted, ExtractionUse.BOOST)
    masks = filter_masks(retrieved.snapshot.columns, retrieved.snapshot.tree, wanted)
    return lift_of(kept, {field: masks[field] for field in labels}, labels)


def all_of(masks: Mapping[str, BoolArray], size: int) -> BoolArray:
    """bool[size]: what every mask lets through."""
    combined = np.ones(size, dtype=np.bool_)
    for mask in masks.values():
        combined &= mask
    return combined


def _filtered_path(tree: CategoryTree, paths: tuple[str, ...]) -> str | None:
    """The filtered category; of several the one that holds them all."""
    codes = [node.code for path in paths if (node := tree.by_path(path)) is not None]
    common = tree.lowest_common(codes)
    return None if common is None else tree.categories[common].path
