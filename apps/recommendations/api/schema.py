"""`GET /api/v1/recommendations` in the committed OpenAPI document."""

from apps.catalog.product_schema import product_properties
from apps.common.api.openapi import hot_components_document, hot_route_document
from apps.common.api.schema_parts import (
    NUMBER,
    TEXT,
    TEXTS,
    WHOLE,
    Json,
    bracketed,
    object_of,
    or_null,
    parameter,
    read_operation,
    ref,
)
from apps.recommendations.contracts import PlacementName, StrategyName
from apps.recommendations.contracts_answers import MOST_ITEMS, Fallback, ReasonCode


def schema_register() -> None:
    hot_components_document("recommendations", components)
    hot_route_document("/api/v1/recommendations", "get", operation)


def components() -> Json:
    return {
        "RecommendationReason": object_of(
            {
                "code": {**TEXT, "enum": [each.value for each in ReasonCode]},
                "words": {**TEXT, "description": "For shoppers; no more than the evidence says."},
                "product_ids": {**TEXTS, "description": "The products that speak for it."},
                "evidence": {
                    **or_null(NUMBER),
                    "description": "The number behind it, such as a lift or a growth.",
                },
            }
        ),
        "RecommendationItem": object_of(
            {
                **product_properties(),
                "position": {**WHOLE, "minimum": 1},
                "score": NUMBER,
                "reason": ref("RecommendationReason"),
                "explanation": ref("SearchExplanation"),
            },
            optional=("explanation",),
        ),
        "RecommendationAnswer": _answer(),
    }


def _answer() -> Json:
    return object_of(
        {
            "placement": {**TEXT, "enum": [each.value for each in PlacementName]},
            "title": TEXT,
            "query_id": {**TEXT, "format": "uuid"},
            "took_ms": NUMBER,
            "items": {"type": "array", "items": ref("RecommendationItem")},
            **_found_by(),
            "personalised": {
                "type": "boolean",
                "description": "Whether anything of the shopper's own counted.",
            },
            "weights": ref("SearchWeights"),
            "applied_rules": TEXTS,
            "experiments": {"type": "array", "items": ref("SearchExperiment")},
            "degraded": TEXTS,
            "versions": {"type": "object", "additionalProperties": WHOLE},
            "sticky": {**TEXT, "description": "First assignments, to send back next time."},
        },
        optional=("sticky",),
    )


def _found_by() -> Json:
    return {
        "strategies": {
            "type": "array",
            "items": {**TEXT, "enum": [each.value for each in StrategyName]},
            "description": "Those that found what is shown.",
        },
        "fallback": {
            "type": "array",
            "items": {**TEXT, "enum": [each.value for each in Fallback]},
            "description": "What filled the shelf where its strategies left it short.",
        },
    }


def operation() -> Json:
    return read_operation(
        "recommendations",
        "The products of one shelf, best first, each with the reason why.",
        "Scope `recommendations:read`. Never empty while any product may be shown: `fallback` "
        "says what filled a shelf that its strategies left short.",
        answer="RecommendationAnswer",
        parameters=_parameters(),
        tag="recommendations",
    )


def _parameters() -> list[Json]:
    short = {**TEXT, "maxLength": 200}
    placements = {**TEXT, "enum": [each.value for each in PlacementName]}
    return [
        {**parameter("placement", placements, "Which shelf."), "required": True},
        parameter("user_id", short, "A shopper who is logged in."),
        parameter("client_id", short, "A browser or device."),
        parameter("session_id", short, "One visit."),
        parameter("product_id", TEXTS, "The product looked at; repeat it for a cart."),
        parameter("category", TEXT, "Path of the category that the shelf is about."),
        parameter("k", {**WHOLE, "minimum": 1, "maximum": MOST_ITEMS}, "How many products."),
        parameter("explain", {"type": "boolean"}, "Each item carries its numbers."),
        parameter("qa", TEXT, "Signed tokens of QA."),
        parameter("sticky", TEXT, "First assignments, as an answer gave them."),
        bracketed(
            "filter",
            {"type": ["string", "array"], "items": TEXT},
            "As for a search: category (with all below it), brand, price …; repeat for OR.",
        ),
        bracketed("attributes", TEXT, "What rules and experiments may ask, such as device."),
    ]
