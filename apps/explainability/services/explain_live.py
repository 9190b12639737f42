"""Why and why not in an answer that is made now: the same pipeline, run once, recording."""

from dataclasses import dataclass, replace
from datetime import datetime

from apps.catalog.contracts import ProductDocument
from apps.catalog.selectors import documents_by_pk, pks_by_product_id
from apps.explainability.contracts.explained import (
    AnswerTold,
    Explained,
    FilteredBy,
    Rise,
    Verdict,
)
from apps.explainability.domain import explain_words as words
from apps.explainability.selectors.explain_lists import whereabouts_of
from apps.explainability.selectors.explain_places import filters_against, hidden_in, rank_in
from apps.explainability.selectors.explain_rise import rise_to
from apps.ranking.contracts import HitRecord
from apps.ranking.domain.records import chain_document, record_reasoned, weights_document
from apps.search.contracts import SearchAnswer, SearchRequest, Sort
from apps.search.domain.drafting import rewrite_matches
from apps.search.domain.swapping import record_swapped
from apps.search.selectors.presenting import words_matched
from apps.search.services.answer import answer_make
from apps.search.services.begun import Begun, search_begin
from apps.search.services.following import followed_now
from apps.search.services.records import acted_of
from apps.search.services.serving import Made

KIND = "explained"
HYPOTHETICAL = "hypothetical"
AVAILABILITY = "availability"


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """A search that was made to be explained.

    Attributes:
        begun: its request with its experiments.
        made: its answer, with everything that it came from.
    """

    begun: Begun
    made: Made

    @property
    def request(self) -> SearchRequest:
        """As it was searched for."""
        return self.made.core.asked


def looked_make(request: SearchRequest, as_of: datetime) -> Looked:
    """Run the search. Nothing is logged, nothing is exposed, nothing is kept.

    It follows the shopper whom the request names, as their own search would now.

    Raises:
        InvalidInput: a filter on an attribute that no product has.
    """
    request = replace(request, logged=False, explain=False, facets=())
    request = followed_now(request, as_of)
    begun = search_begin(request=request, as_of=as_of, kind=KIND)
    return Looked(begun, answer_make(begun))


def looked_under(looked: Looked, weights: dict[str, float]) -> Looked:
    """The same search under other weights."""
    request = replace(looked.begun.request, weights_override=weights)
    begun = replace(looked.begun, request=request)
    return Looked(begun, answer_make(begun))


def product_explained(looked: Looked, product_id: str, wanted: int | None = None) -> Explained:
    """What became of one product.

    Args:
        looked: the search.
        product_id: as the shop names it.
        wanted: rank that it should stand at; None: the last one of the asked page.
    """
    columns = looked.made.core.scored.retrieved.snapshot.columns
    pk = pks_by_product_id([product_id]).get(product_id)
    known = pk is not None and pk < len(columns.row_of_pk)
    row = int(columns.row_of_pk[pk]) if known else -1
    if pk is None or row < 0:
        return Explained(
            product_id, "", Verdict.UNKNOWN, "There is no product of this id in the catalogue."
        )
    product = documents_by_pk([pk])[pk]
    if not columns.active[row]:
        summary = "It is not active: nobody finds it."
        return Explained(product_id, product.title, Verdict.INACTIVE, summary)
    return _Explaining(looked, product, row).explained(wanted)


@dataclass(frozen=True, slots=True, eq=False)
class _Explaining:
    """One active product in one search."""

    looked: Looked
    product: ProductDocument
    row: int

    def explained(self, wanted: int | None) -> Explained:
        listing = self.looked.made.core.listing
        rank = rank_in(listing, self.row)
        if rank is not None:
            return self._found(rank, wanted)
        if hidden := hidden_in(listing.scored.ranking, self.row):
            told = self._told(Verdict.HIDDEN, words.hidden_words(hidden))
            return replace(told, hidden_by=hidden)
        filters = filters_against(listing.scored, self.looked.request, self.row)
        if filters and self._is_match():
            return self._filtered(filters)
        where = whereabouts_of(self.looked.made.core, self.row)
        by_relevance = self.looked.request.sort is Sort.RELEVANCE
        summary = words.not_retrieved_words(where, by_relevance=by_relevance)
        told = self._told(Verdict.NOT_RETRIEVED, summary)
        return replace(told, whereabouts=where, filtered_by=filters)

    def _found(self, rank: int, wanted: int | None) -> Explained:
        request, listing = self.looked.request, self.looked.made.core.listing
        page = -(-rank // request.per_page)
        rise = None
        if rank > (wanted or request.page * request.per_page):
            rise = self._rise(rank, wanted or request.page * request.per_page)
        if page == request.page:
            summary = words.shown_words(rank, page)
            summary = summary if rise is None else f"{summary} {words.rise_words(rise)}"
            told = self._told(Verdict.SHOWN, summary)
        else:
            summary = words.outscored_words(rank, page, rise)
            told = self._told(Verdict.OUTSCORED, summary)
        whole = listing.draft is None or rank <= len(listing.draft.rows)
        record = self._record(rank) if whole else None
        return replace(told, rank=rank, page=page, record=record, rise=rise)

    def _rise(self, rank: int, wanted: int) -> Rise:
        rise = rise_to(self.looked.made.core.listing, self.looked.request, rank, wanted)
        if not rise.changes:
            return rise
        again = looked_under(self.looked, dict(rise.changes[0].weights))
        return replace(rise, verified_rank=rank_in(again.made.core.listing, self.row))

    def _record(self, rank: int) -> HitRecord:
        made = self.looked.made
        record = made.core.listing.record(rank)
        matches = (
            *rewrite_matches(made.answer.rules.rewritten),
            *words_matched(made.core.understanding, self.product),
        )
        record = replace(
            record,
            search=replace(record.search, words=matches),
            experiments=acted_of(self.looked.begun.trial),
        )
        return record_swapped(record_reasoned(record), rank)

    def _is_match(self) -> bool:
        """Whether the query finds it, before any filter."""
        return bool((self.looked.made.core.scored.matched.rows == self.row).any())

    def _filtered(self, filters: tuple[FilteredBy, ...]) -> Explained:
        only = [each.field for each in filters] == [AVAILABILITY]
        missing = only and self.product.availability == "out_of_stock"
        verdict = Verdict.OUT_OF_STOCK if missing else Verdict.FILTERED
        return replace(self._told(verdict, words.filtered_words(filters)), filtered_by=filters)

    def _told(self, verdict: Verdict, summary: str) -> Explained:
        return Explained(self.product.product_id, self.product.title, verdict, summary)


def looked_told(looked: Looked) -> AnswerTold:
    """What the answer says beside its hits."""
    return AnswerTold(HYPOTHETICAL, "", "", answer_facts(looked.made.answer))


def answer_facts(answer: SearchAnswer) -> dict[str, object]:
    """An answer's facts as JSON values."""
    correction, category = answer.understanding.correction, answer.category
    return {
        "query": answer.query,
        "normalised": answer.understanding.normalised,
        "searched": answer.understanding.searched,
        "corrected": correction.corrected if correction else None,
        "page": answer.page,
        "per_page": answer.per_page,
        "found": answer.found,
        "sort": answer.sort.value,
        "category": category.path if category else None,
        "matching": answer.matching.keyword.value,
        "fallback": answer.matching.step or None,
        "weights": {
            **weights_document(answer.weights), "chain": chain_document(answer.weights),
        },
        "applied_rules": list(answer.applied_rules),
        "experiments": [dict(each) for each in answer.experiments],
        "degraded": list(answer.degraded),
        "versions": dict(answer.versions),
    }  # fmt: skip
