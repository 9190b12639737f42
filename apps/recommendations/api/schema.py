"""`GET /api/v1/recommendations` in the committed OpenAPI document."""

from apps.catalog.product_schema import product_properties
from apps.common.api.openapi import hot_components_document, hot_route_document
from apps.common.api.schema_parts import (
    NUMBER,
    TEXT,
    TEXTS,
    WHOLE,
    Json,
    object_of,
    or_null,
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
    names = {**TEXT, "enum": [each.value for each in StrategyName]}
    fallbacks = {**TEXT, "enum": [each.value for each in Fallback]}
    return object_of(
        {
            "placement": {**TEXT, "enum": [each.value for each in PlacementName]},
            "title": TEXT,
            "query_id": {**TEXT, "format": "uuid"},
            "took_ms": NUMBER,
            "items": {"type": "array", "items": ref("RecommendationItem")},
            "strategies": {
                "type": "array",
                "items": names,
                "description": "Those that found what is shown.",
            },
            "fallback": {
                "type": "array",
                "items": fallbacks,
                "description": "What filled the shelf where its strategies left it short.",
            },
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
        {**_parameter("placement", placements, "Which shelf."), "required": True},
        _parameter("user_id", short, "A shopper who is logged in."),
        _parameter("client_id", short, "A browser or device."),
        _parameter("session_id", short, "One visit."),
        _parameter("product_id", TEXTS, "The product looked at; repeat it for a cart."),
        _parameter("category", TEXT, "Path of the category that the shelf is about."),
        _parameter("k", {**WHOLE, "minimum": 1, "maximum": MOST_ITEMS}, "How many products."),
        _parameter("explain", {"type": "boolean"}, "Each item carries its numbers."),
        _parameter("qa", TEXT, "Signed tokens of QA."),
        _parameter("sticky", TEXT, "First assignments, as an answer gave them."),
        _bracketed(
            "filter",
            {"type": ["string", "array"], "items": TEXT},
            "As for a search: category (with all below it), brand, price …; repeat for OR.",
        ),
        _bracketed("attributes", TEXT, "What rules and experiments may ask, such as device."),
    ]


def _parameter(name: str, schema: Json, description: str) -> Json:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def _bracketed(name: str, values: Json, description: str) -> Json:
    schema = {"type": "object", "additionalProperties": values}
    return {**_parameter(name, schema, description), "style": "deepObject", "explode": True}
