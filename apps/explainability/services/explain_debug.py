"""Everything about one product for several queries at once, for operators."""

from collections.abc import Sequence
from datetime import datetime

from apps.catalog.selectors import documents_by_pk, pks_by_product_id
from apps.common.errors import NotFound
from apps.embeddings.selectors import index_state, indexed_pks
from apps.explainability.domain.explain_document import (
    Json,
    answer_told_document,
    explained_document,
    whereabouts_document,
)
from apps.explainability.selectors.explain_lists import whereabouts_of
from apps.explainability.services.explain_live import (
    Looked,
    looked_make,
    looked_told,
    product_explained,
)
from apps.features.selectors import serving_snapshot
from apps.ranking.domain.records import (
    JsonValue,
    chain_document,
    record_document,
    weights_document,
)
from apps.ranking_weights.selectors import weights_resolve
from apps.search.contracts import SearchRequest
from apps.search.selectors.personal import features_available


def product_debugged(
    *, product_id: str, requests: Sequence[SearchRequest], as_of: datetime
) -> Json:
    """The product as serving knows it, and its verdict in each search with the hits beside it.

    Raises:
        NotFound: there is no such product.
        InvalidInput: a filter on an attribute that no product has.
    """
    pk = pks_by_product_id([product_id]).get(product_id)
    if pk is None:
        raise NotFound("There is no product of this id.", extra={"field": "product_id"})
    # Searches first: they follow the catalogue, so that the product is in what is told of it.
    looks = [looked_make(request, as_of) for request in requests]
    return {
        "product": _product(product_id, pk),
        "queries": [_query(looked, product_id, pk) for looked in looks],
    }


def _product(product_id: str, pk: int) -> Json:
    snapshot = serving_snapshot()
    document = documents_by_pk([pk])[pk]
    row = int(snapshot.columns.row_of_pk[pk]) if pk < len(snapshot.columns.row_of_pk) else -1
    path = document.category_path or None
    weights = weights_resolve(category_path=path, available=features_available(snapshot))
    index = index_state()
    features: Json = {
        name: float(column[row]) if row >= 0 else None
        for name, column in snapshot.features.items()
    }
    return {
        "product_id": product_id,
        "title": document.title,
        "active": document.active,
        "availability": document.availability,
        "category": path,
        "in_snapshot": row >= 0,
        "features": features,
        "indexed": bool((indexed_pks() == pk).any()),
        "weights": {**weights_document(weights), "chain": chain_document(weights)},
        "snapshot_number": snapshot.number,
        "index_number": index.number,
        "index_reason": index.reason,
    }


def _query(looked: Looked, product_id: str, pk: int) -> Json:
    core = looked.made.core
    columns = core.scored.retrieved.snapshot.columns
    row = int(columns.row_of_pk[pk]) if pk < len(columns.row_of_pk) else -1
    explained = explained_document(product_explained(looked, product_id))
    if row >= 0 and columns.active[row]:
        explained["retrieval"] = whereabouts_document(whereabouts_of(core, row))
    return {
        "answer": answer_told_document(looked_told(looked)),
        "product": explained,
        "hits": _hits(looked),
    }


def _hits(looked: Looked) -> list[JsonValue]:
    listing = looked.made.core.listing
    return [
        {
            "product_id": hit.document.product_id,
            "title": hit.document.title,
            "position": hit.position,
            "explanation": record_document(listing.record(hit.position)),
        }
        for hit in looked.made.answer.hits
    ]
