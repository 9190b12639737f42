"""`GET /api/v1/products/{product_id}/similar` in the committed OpenAPI document."""

from apps.common.api.openapi import hot_components_document, hot_route_document
from apps.common.api.schema_parts import (
    NUMBER,
    TEXT,
    TEXTS,
    WHOLE,
    Json,
    bracketed,
    object_of,
    parameter,
    read_operation,
    ref,
)
from apps.recommendations.contracts_answers import MOST_ITEMS
from apps.recommendations.contracts_relations import SimilarBy, SimilarKind
from apps.recommendations.contracts_similar import USUAL_ITEMS

_KINDS = {**TEXT, "enum": [each.value for each in SimilarKind]}


def similar_schema_register() -> None:
    hot_components_document("similar", components)
    hot_route_document("/api/v1/products/{product_id}/similar", "get", operation)


def components() -> Json:
    by = {**TEXT, "enum": [each.value for each in SimilarBy]}
    return {
        "SimilarAnswer": object_of(
            {
                "product_id": TEXT,
                "kind": _KINDS,
                "by": {
                    "type": "array",
                    "items": by,
                    "description": "What told it; less than asked for where a source is missing "
                    "or does not know the product.",
                },
                "took_ms": NUMBER,
                "items": {"type": "array", "items": ref("RecommendationItem")},
                "applied_rules": TEXTS,
                "degraded": TEXTS,
                "versions": {"type": "object", "additionalProperties": WHOLE},
            }
        )
    }


def operation() -> Json:
    found = read_operation(
        "similar_products",
        "Products like one, best first, each with the reason why.",
        "Scope `recommendations:read`. `content`: what products are; `collaborative`: who chooses "
        "them; `blended`: both. Variants of the product and what rules hide are left out.",
        answer="SimilarAnswer",
        parameters=_parameters(),
        tag="recommendations",
    )
    responses = found["responses"]
    return {**found, "responses": {**responses, "404": responses["400"]}}


def _parameters() -> list[Json]:
    count = {**WHOLE, "minimum": 1, "maximum": MOST_ITEMS, "default": USUAL_ITEMS}
    kind = {**_KINDS, "default": SimilarKind.BLENDED.value}
    values = {"type": ["string", "array"], "items": TEXT}
    return [
        {"name": "product_id", "in": "path", "required": True, "schema": TEXT},
        parameter("k", count, "How many products at most."),
        parameter("kind", kind, "By what they are alike."),
        bracketed(
            "filter",
            values,
            "As for a search: category (with all below it), brand, price …; repeat for OR.",
        ),
        parameter("explain", {"type": "boolean"}, "Each item carries its numbers."),
    ]
