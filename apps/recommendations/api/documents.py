"""The answer as JSON values."""

from apps.catalog.domain.product_json import product_document
from apps.ranking.domain.records import record_document, weights_document
from apps.recommendations.contracts_answers import RecommendationAnswer, RecommendedItem

Json = dict[str, object]


def answer_document(answer: RecommendationAnswer) -> Json:
    placement = answer.placement
    return {
        "placement": placement.name.value,
        "title": placement.title,
        "query_id": str(answer.query_id),
        "took_ms": answer.took_ms,
        "items": [item_document(item) for item in answer.items],
        "strategies": [each.value for each in answer.strategies],
        "fallback": [each.value for each in answer.fallback],
        "personalised": answer.personalised,
        "weights": weights_document(answer.weights),
        "applied_rules": answer.applied_rules,
        "experiments": answer.experiments,
        "degraded": answer.degraded,
        "versions": answer.versions,
        **({"sticky": answer.sticky} if answer.sticky else {}),
    }


def item_document(item: RecommendedItem) -> Json:
    reason = item.reason
    document: Json = {
        **product_document(item.document),
        "position": item.position,
        "score": item.score,
        "reason": {
            "code": reason.code.value,
            "words": reason.words,
            "product_ids": reason.product_ids,
            "evidence": reason.evidence,
        },
    }
    if item.record is not None:
        document["explanation"] = record_document(item.record)
    return document
