"""`GET /api/v1/search/suggest` in the committed OpenAPI document."""

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
from apps.search.contracts import MOST_QUERY_CHARACTERS
from apps.search.domain.suggesting.items import (
    DEFAULT_SUGGESTIONS,
    MOST_SUGGESTIONS,
    SuggestionType,
)


def suggest_schema_register() -> None:
    hot_components_document("suggest", suggest_components)
    hot_route_document("/api/v1/search/suggest", "get", suggest_operation)


def suggest_components() -> Json:
    own = {
        "product_id": TEXT,
        "category": {**TEXT, "description": "Its path; of categories and products."},
        "trail": {**TEXTS, "description": "Names from the top down; of categories."},
        "brand": {**TEXT, "description": "As `filter[brand]` takes it."},
        "products": {**WHOLE, "description": "Active products; of categories and brands."},
        "price": NUMBER,
        "sale_price": or_null(NUMBER),
        "currency": TEXT,
        "image_link": TEXT,
        "link": TEXT,
    }
    return {
        "Suggestion": object_of(
            {
                "type": {**TEXT, "enum": [str(each) for each in SuggestionType]},
                "text": TEXT,
                "highlighted": {
                    **TEXT,
                    "description": "Escaped HTML; what was typed stands in <mark>.",
                },
                **own,
            },
            optional=tuple(own),
        ),
        "Suggestions": object_of(
            {
                "query": TEXT,
                "suggestions": {"type": "array", "items": ref("Suggestion")},
                "took_ms": NUMBER,
                "degraded": TEXTS,
            }
        ),
    }


def suggest_operation() -> Json:
    return read_operation(
        "search_suggest",
        "What the shopper may want to say, while they type.",
        "Scope `search:read`. By type, of each type the best first.",
        answer="Suggestions",
        parameters=_parameters(),
    )


def _parameters() -> list[Json]:
    most = {"minimum": 1, "maximum": MOST_SUGGESTIONS, "default": DEFAULT_SUGGESTIONS}
    types = ", ".join(SuggestionType)
    return [
        {
            "name": "q",
            "in": "query",
            "schema": {**TEXT, "maxLength": MOST_QUERY_CHARACTERS},
            "description": "As typed so far. Empty: popular queries and categories.",
        },
        {"name": "limit", "in": "query", "schema": {**WHOLE, **most}},
        {
            "name": "types",
            "in": "query",
            "schema": TEXT,
            "description": f"Comma-separated: {types}. All of them by default.",
        },
    ]
