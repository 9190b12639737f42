"""Why and why not in an answer of the past: read from its kept record, never ranked again."""

from uuid import UUID

from apps.catalog.selectors import documents_by_pk, pks_by_product_id
from apps.common.errors import NotFound
from apps.events.contracts import QueryLogEntry
from apps.events.selectors import query_log_entry
from apps.explainability.contracts.explained import AnswerTold, Explained, HiddenBy, Verdict
from apps.explainability.domain import explain_words as words
from apps.explainability.services.explain_shelf import shelf_explained
from apps.ranking.domain.kept import KeptRecord, KeptUnreadable
from apps.ranking.domain.records import chain_document, weights_document
from apps.ranking.selectors import record_kept
from apps.search.domain.kept_record import SearchKept, search_hit, search_kept_read
from apps.search.selectors.presenting import words_matched

KEPT = "kept_record"


def past_explained(query_id: UUID, product_id: str) -> tuple[AnswerTold, Explained]:
    """The answer, of a search or of a shelf, and what became of one product in it.

    Which words of the query a product answers by others is read off its present text; every
    number is the record's.

    Raises:
        NotFound: no such answer was logged, or its record is not kept any more.
    """
    if query_log_entry(query_id) is None and (shelf := record_kept(query_id)) is not None:
        # Shelves are no searches: only their record is kept.
        told = shelf_explained(query_id, shelf, product_id)
        if told is not None:
            return told
    entry, record, own = past_read(query_id)
    return past_told(entry, record, own), _explained(record, own, product_id)


def past_read(query_id: UUID) -> tuple[QueryLogEntry, KeptRecord, SearchKept]:
    """The log's row, the record that explains it, and search's part of that.

    Raises:
        NotFound: no such answer was logged, or its record is not kept any more.
    """
    entry = query_log_entry(query_id)
    if entry is None:
        raise NotFound(
            "No answer of this id is logged. A new one is stored within seconds.",
            extra={"field": "query_id"},
        )
    record = record_kept(entry.record or entry.query_id)
    try:
        own = None if record is None else search_kept_read(record)
    except KeptUnreadable:
        own = None
    if record is None or own is None:
        raise NotFound(
            "The record of this answer is not kept any more.",
            code="record_missing",
            extra={"field": "query_id"},
        )
    return entry, record, own


def _explained(record: KeptRecord, own: SearchKept, product_id: str) -> Explained:
    pk = pks_by_product_id([product_id]).get(product_id)
    product = None if pk is None else documents_by_pk([pk]).get(pk)
    title = "" if product is None else product.title
    if product_id in record.product_ids:
        place = record.product_ids.index(product_id)
        matches = () if product is None else words_matched(own.understanding, product)
        hit = search_hit(record, own, place, matches)
        summary = words.shown_words(hit.position, own.page)
        return Explained(product_id, title, Verdict.SHOWN, summary, hit.position, own.page, hit)
    hidden = next((one for one in record.hidden if one.product_id == product_id), None)
    if hidden is not None:
        by = HiddenBy(hidden.rule, hidden.from_rank)
        summary = words.hidden_words(by)
        return Explained(product_id, title, Verdict.HIDDEN, summary, hidden_by=by)
    if product is None:
        summary = "There is no product of this id in the catalogue, and it was not shown."
        return Explained(product_id, "", Verdict.UNKNOWN, summary)
    summary = (
        f"It was not on page {own.page} of this answer. Its record holds that page; ask with q "
        "where the product stands now."
    )
    return Explained(product_id, title, Verdict.NOT_ON_PAGE, summary)


def past_told(entry: QueryLogEntry, record: KeptRecord, own: SearchKept) -> AnswerTold:
    """What the answer said beside its hits."""
    correction = own.understanding.correction
    weights = record.slices[0].weights
    facts: dict[str, object] = {
        "query": entry.query,
        "normalised": own.understanding.normalised,
        "searched": own.understanding.searched,
        "corrected": correction.corrected if correction else None,
        "page": own.page,
        "per_page": own.per_page,
        "found": own.found,
        "sort": own.sort,
        "category": own.category.path if own.category else None,
        "matching": own.matching.keyword.value,
        "fallback": own.matching.step or None,
        "weights": {**weights_document(weights), "chain": chain_document(weights)},
        "applied_rules": list(own.applied_rules),
        "experiments": [dict(each) for each in entry.experiments],
        "degraded": list(entry.degraded),
        "versions": dict(record.versions),
    }
    return AnswerTold(KEPT, str(entry.query_id), entry.occurred_at.isoformat(), facts)
