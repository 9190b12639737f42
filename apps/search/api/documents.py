"""The answer as JSON values, and the OpenAPI schemas that it is held to."""

from apps.catalog.domain.product_json import product_document
from apps.ranking.domain.records import record_document, weights_document
from apps.search.api.documents_rules import rules_document
from apps.search.contracts import Hit, SearchAnswer
from apps.search.contracts_understanding import AlternativeKind, Correction, Understanding

Json = dict[str, object]


def answer_document(answer: SearchAnswer) -> Json:
    category, correction = answer.category, answer.understanding.correction
    return {
        "query": answer.query,
        "query_id": str(answer.query_id),
        "page": answer.page,
        "per_page": answer.per_page,
        "pages": answer.pages,
        "found": answer.found,
        "took_ms": answer.took_ms,
        "sort": str(answer.sort),
        "hits": [hit_document(hit) for hit in answer.hits],
        "facets": answer.facets,
        "category": {
            "detected": category.path if category else None,
            "share": category.share if category else None,
        },
        "weights": weights_document(answer.weights),
        "corrected_query": correction.corrected if correction else None,
        "correction": correction_document(correction) if correction else None,
        "understanding": understanding_document(answer.understanding),
        "matching": {
            "keyword": str(answer.matching.keyword),
            "semantic": answer.matching.semantic,
            "relaxed": answer.matching.relaxed,
            "fallback": answer.matching.fallback,
            "popular_in": answer.matching.popular_in,
        },
        "applied_rules": answer.applied_rules,
        **rules_document(answer.rules),
        "experiments": answer.experiments,
        "degraded": answer.degraded,
        **({"sticky": answer.sticky} if answer.sticky else {}),
    }


def correction_document(correction: Correction) -> Json:
    return {
        "original": correction.original,
        "corrected": correction.corrected,
        "words": [
            {"from": word.word, "to": word.replacement, "confidence": word.confidence}
            for word in correction.words
        ],
    }


def understanding_document(understanding: Understanding) -> Json:
    return {
        "class": understanding.query_class,
        "signals": understanding.signals,
        "extracted": [
            {
                "field": each.field,
                "value": each.value,
                "text": each.text,
                "as": each.use,
                "label": each.label,
            }
            for each in understanding.extracted
        ],
        "dropped": understanding.dropped,
        "synonyms": _alternatives(understanding, AlternativeKind.SYNONYM),
        "abbreviations": _alternatives(understanding, AlternativeKind.ABBREVIATION),
    }


def _alternatives(understanding: Understanding, kind: AlternativeKind) -> list[Json]:
    return [{"word": word, "also": also} for word, also in understanding.alternatives(kind)]


def hit_document(hit: Hit) -> Json:
    document: Json = {
        **product_document(hit.document),
        "position": hit.position,
        "score": hit.score,
        "highlights": hit.highlights,
    }
    if hit.record is not None:
        document["explanation"] = record_document(hit.record)
    return document
