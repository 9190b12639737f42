"""The page's documents, highlights and records: work for what is shown, never for more."""

from dataclasses import replace
from decimal import Decimal

from apps.catalog.contracts import IntArray, ProductDocument
from apps.common.postgresql import PostgresqlGone, postgresql_call
from apps.features.contracts import ServingSnapshot
from apps.ranking.contracts import HitRecord, WordMatch
from apps.ranking.domain.records import record_reasoned
from apps.search.contracts import Hit, SearchRequest
from apps.search.contracts_understanding import Understanding
from apps.search.domain.drafting import rewrite_matches
from apps.search.domain.highlights import highlight, snippet, stems_of
from apps.search.domain.understanding.evidence import understanding_matches
from apps.search.engines.stemming import token_stemmer_of
from apps.search.selectors.hydration import documents_of_rows
from apps.search.selectors.language import search_analysis
from apps.search.selectors.listing import Listing

Documents = dict[int, ProductDocument]


def page_documents(snapshot: ServingSnapshot, rows: IntArray) -> tuple[Documents, bool]:
    """Row to document, and whether PostgreSQL gave them; else the snapshot's own do."""
    if not len(rows):
        return {}, True
    try:
        return postgresql_call("hydrate", lambda: documents_of_rows(snapshot, rows)), True
    except PostgresqlGone:
        return _from_snapshot(snapshot, rows), False


def hits_presented(
    listing: Listing, request: SearchRequest, understanding: Understanding, documents: Documents
) -> tuple[Hit, ...]:
    """The page's hits. One whose product vanished since it was found is left out."""
    stems = _stems(understanding)
    first = (request.page - 1) * request.per_page
    hits: list[Hit] = []
    for position, row in enumerate(listing.rows_on_page(request).tolist(), start=first + 1):
        document = documents.get(row)
        if document is None:
            continue
        hits.append(
            Hit(
                position=position,
                score=listing.score(position),
                document=document,
                highlights=_highlights(document, stems),
                record=_record(listing, position, understanding, document)
                if request.explain
                else None,
            )
        )
    return tuple(hits)


def _record(
    listing: Listing, position: int, understanding: Understanding, document: ProductDocument
) -> HitRecord:
    """The hit's record, with the words that it answers by synonyms and the like."""
    record = listing.record(position)
    ruled = listing.scored.ruled
    rewritten = None if ruled is None else ruled.rewritten
    matches = (*rewrite_matches(rewritten), *words_matched(understanding, document))
    if not matches:
        return record
    return record_reasoned(replace(record, search=replace(record.search, words=matches)))


def words_matched(
    understanding: Understanding, document: ProductDocument
) -> tuple[WordMatch, ...]:
    """Words of the query that the product answers by something that stands for them."""
    return understanding_matches(understanding, document, search_analysis().stem_of)


def _stems(understanding: Understanding) -> frozenset[str]:
    texts = [term.text for term in understanding.terms]
    texts += [other.text for term in understanding.terms for other in term.alternatives]
    analysis = search_analysis()
    return stems_of(texts, token_stemmer_of(analysis.language), analysis.stop_words)


def _highlights(document: ProductDocument, stems: frozenset[str]) -> dict[str, str]:
    if not stems:
        return {}
    stem = token_stemmer_of(search_analysis().language)
    found = {
        "title": highlight(document.title, stems, stem),
        "description": snippet(document.description, stems, stem),
        "brand": highlight(document.brand, stems, stem),
    }
    return {field: text for field, text in found.items() if text is not None}


def _from_snapshot(snapshot: ServingSnapshot, rows: IntArray) -> Documents:
    found: Documents = {}
    for row in rows.tolist():
        document = snapshot.documents.get(row)
        if document is not None:
            found[row] = _priced_now(snapshot, row, document)
    return found


def _priced_now(snapshot: ServingSnapshot, row: int, document: ProductDocument) -> ProductDocument:
    """With the prices that filters and sorts see: the document is as old as its artifact."""
    columns = snapshot.columns
    listed, now = float(columns.list_price[row]), float(columns.price[row])
    return replace(
        document,
        price=Decimal(f"{listed:.2f}"),
        sale_price=None if now == listed else Decimal(f"{now:.2f}"),
    )
