"""Why and why not on a shelf of the past: from its kept record."""

from datetime import UTC, datetime
from uuid import UUID

from apps.catalog.selectors import documents_by_pk, pks_by_product_id
from apps.explainability.contracts.explained import AnswerTold, Explained, Verdict
from apps.ranking.domain.kept import KeptRecord, KeptUnreadable
from apps.ranking.domain.records import chain_document, weights_document
from apps.recommendations.domain.kept_shelf import ShelfKept, item_kept, shelf_kept_read
from apps.recommendations.services.shelf_why import Missing, shelf_why_not

KEPT = "kept_record"
_VERDICTS = {
    Missing.UNKNOWN: Verdict.UNKNOWN,
    Missing.INACTIVE: Verdict.INACTIVE,
    Missing.OUT_OF_STOCK: Verdict.OUT_OF_STOCK,
    Missing.HIDDEN: Verdict.HIDDEN,
    Missing.FILTERED: Verdict.FILTERED,
    Missing.CONSTRAINED: Verdict.CONSTRAINED,
    Missing.OUTSCORED: Verdict.OUTSCORED,
    Missing.NOT_FOUND: Verdict.NOT_RETRIEVED,
}


def shelf_explained(
    query_id: UUID, record: KeptRecord, product_id: str
) -> tuple[AnswerTold, Explained] | None:
    """The shelf, and what became of one product on it; None: the record is no shelf's."""
    try:
        own = shelf_kept_read(record)
    except KeptUnreadable:
        return None
    return _told(query_id, record, own), _explained(record, own, product_id)


def _explained(record: KeptRecord, own: ShelfKept, product_id: str) -> Explained:
    pk = pks_by_product_id([product_id]).get(product_id)
    product = None if pk is None else documents_by_pk([pk]).get(pk)
    title = "" if product is None else product.title
    if product_id in record.product_ids:
        place = record.product_ids.index(product_id)
        item = item_kept(record, place)
        summary = f"It stands at rank {item.position}. {own.reasons[place].words}."
        return Explained(product_id, title, Verdict.SHOWN, summary, item.position, 1, item)
    why = shelf_why_not(own, product_id)
    return Explained(product_id, title, _VERDICTS[why.missing], why.words, why.rank)


def _told(query_id: UUID, record: KeptRecord, own: ShelfKept) -> AnswerTold:
    weights = record.slices[0].weights
    facts: dict[str, object] = {
        "surface": record.surface,
        "placement": own.placement,
        "product_ids": list(own.product_ids),
        "category": own.about or None,
        "filters": {name: list(values) for name, values in own.filters.items()},
        "found": len(record.product_ids),
        "fallback": [each.value for each in own.fallback],
        "personalised": own.personalised,
        "weights": {**weights_document(weights), "chain": chain_document(weights)},
        "applied_rules": list(own.applied_rules),
        "experiments": [
            {"key": one.experiment, "variant": one.variant} for one in record.experiments
        ],
        "degraded": list(own.degraded),
        "versions": dict(record.versions),
    }
    at = datetime.fromtimestamp(own.at, tz=UTC).isoformat()
    return AnswerTold(KEPT, str(query_id), at, facts)
