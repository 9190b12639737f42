"""The explain and debug routes in the committed OpenAPI document."""

from apps.common.api.openapi import hot_components_document, hot_route_document
from apps.common.api.schema_parts import (
    NUMBER,
    NUMBERS,
    SWITCH,
    TEXT,
    TEXTS,
    WHOLE,
    Json,
    object_of,
    or_null,
    read_operation,
    ref,
)
from apps.explainability.contracts.explained import Obstacle, Verdict
from apps.explainability.domain.explain_parameters import MOST_QUERIES
from apps.search.api.schema import search_parameters

_FREE: Json = {"type": "object", "additionalProperties": True}


def explain_schema_register() -> None:
    hot_components_document("explain", components)
    hot_route_document("/api/v1/search/explain", "get", explain_operation)
    hot_route_document("/api/v1/debug/ranking/{product_id}", "get", debug_operation)


def components() -> Json:
    return {
        "ExplainedAnswer": _answer(),
        "ExplainedShelf": _shelf(),
        "ExplainedRetrieval": _retrieval(),
        "ExplainedRise": _rise(),
        "ExplainedProduct": object_of(_product_parts()),
        "Explained": object_of(
            {
                "answer": {"anyOf": [ref("ExplainedAnswer"), ref("ExplainedShelf")]},
                **_product_parts(),
            }
        ),
        "DebuggedRanking": _debugged(),
    }


def _nullable(name: str) -> Json:
    return {"anyOf": [ref(name), {"type": "null"}]}


def _product_parts() -> Json:
    hidden = object_of({"rule": TEXT, "from_rank": WHOLE})
    filtered = object_of(
        {
            "field": TEXT,
            "values": TEXTS,
            "set_by": {**TEXT, "description": "`request`, `query`, or a rule's key."},
        }
    )
    return {
        "product_id": TEXT,
        "title": TEXT,
        "verdict": {**TEXT, "enum": [each.value for each in Verdict]},
        "summary": {**TEXT, "description": "In words; every number of it stands here too."},
        "rank": or_null(WHOLE),
        "page": or_null(WHOLE),
        "explanation": _nullable("SearchExplanation"),
        "hidden_by": {"anyOf": [hidden, {"type": "null"}]},
        "filtered_by": {"type": "array", "items": filtered},
        "retrieval": _nullable("ExplainedRetrieval"),
        "rise": _nullable("ExplainedRise"),
    }


def _answer() -> Json:
    return object_of(
        {
            "source": {**TEXT, "enum": ["hypothetical", "kept_record"]},
            "query_id": {**or_null(TEXT), "format": "uuid"},
            "answered_at": {**or_null(TEXT), "format": "date-time"},
            "query": TEXT,
            "normalised": TEXT,
            "searched": TEXT,
            "corrected": or_null(TEXT),
            "page": WHOLE,
            "per_page": WHOLE,
            "found": WHOLE,
            "sort": TEXT,
            "category": or_null(TEXT),
            "matching": TEXT,
            "fallback": or_null(TEXT),
            "weights": ref("SearchWeights"),
            "applied_rules": TEXTS,
            "experiments": {"type": "array", "items": _FREE},
            "degraded": TEXTS,
            "versions": {"type": "object", "additionalProperties": True},
        }
    )


def _shelf() -> Json:
    return object_of(
        {
            "source": {**TEXT, "enum": ["kept_record"]},
            "query_id": {**TEXT, "format": "uuid"},
            "answered_at": {**TEXT, "format": "date-time"},
            "surface": {**TEXT, "enum": ["recommendations"]},
            "placement": TEXT,
            "product_ids": {**TEXTS, "description": "What the shelf stood beside."},
            "category": or_null(TEXT),
            "filters": {"type": "object", "additionalProperties": TEXTS},
            "found": WHOLE,
            "fallback": TEXTS,
            "personalised": {"type": "boolean"},
            "weights": ref("SearchWeights"),
            "applied_rules": TEXTS,
            "experiments": {"type": "array", "items": _FREE},
            "degraded": TEXTS,
            "versions": {"type": "object", "additionalProperties": True},
        }
    )


def _retrieval() -> Json:
    keyword = object_of(
        {
            "rank": {**or_null(WHOLE), "description": "Among all that hold any word."},
            "of": WHOLE,
            "score": or_null(NUMBER),
            "holds": TEXTS,
            "lacks": TEXTS,
        }
    )
    semantic = object_of(
        {
            "rank": {**or_null(WHOLE), "description": "Among all active products."},
            "of": WHOLE,
            "similarity": or_null(NUMBER),
            "floor": NUMBER,
            "within": WHOLE,
        }
    )
    return object_of(
        {
            "keyword": {"anyOf": [keyword, {"type": "null"}]},
            "semantic": {"anyOf": [semantic, {"type": "null"}]},
        }
    )


def _rise() -> Json:
    change = object_of(
        {
            "feature": TEXT,
            "from": NUMBER,
            "threshold": {**NUMBER, "description": "Where the order changes: to be passed."},
            "to": NUMBER,
            "weights": NUMBERS,
            "rank": WHOLE,
        }
    )
    obstacles = [each.value for each in Obstacle if each.value]
    return object_of(
        {
            "wanted_rank": WHOLE,
            "score_there": or_null(NUMBER),
            "gap": or_null(NUMBER),
            "possible": {**SWITCH, "description": "By changing one weight alone."},
            "obstacle": {"type": ["string", "null"], "enum": [*obstacles, None]},
            "always_ahead": {**WHOLE, "description": "Before it whatever the weights are."},
            "verified_rank": {
                **or_null(WHOLE),
                "description": "Where the pipeline put it under the first change.",
            },
            "changes": {"type": "array", "items": change},
        }
    )


def _debugged() -> Json:
    product = object_of(
        {
            "product_id": TEXT,
            "title": TEXT,
            "active": SWITCH,
            "availability": TEXT,
            "category": or_null(TEXT),
            "in_snapshot": SWITCH,
            "features": {"type": "object", "additionalProperties": or_null(NUMBER)},
            "indexed": {**SWITCH, "description": "Whether it has a vector in the index."},
            "weights": ref("SearchWeights"),
            "snapshot_number": WHOLE,
            "index_number": WHOLE,
            "index_reason": TEXT,
        }
    )
    hit = object_of(
        {
            "product_id": TEXT,
            "title": TEXT,
            "position": WHOLE,
            "explanation": ref("SearchExplanation"),
        }
    )
    query = object_of(
        {
            "answer": ref("ExplainedAnswer"),
            "product": ref("ExplainedProduct"),
            "hits": {"type": "array", "items": hit},
        }
    )
    return object_of({"product": product, "queries": {"type": "array", "items": query}})


def explain_operation() -> Json:
    own: list[Json] = [
        {
            "name": "product_id",
            "in": "query",
            "required": True,
            "schema": {**TEXT, "maxLength": 200},
        },
        {
            "name": "query_id",
            "in": "query",
            "schema": {**TEXT, "format": "uuid"},
            "description": "A past answer, from its kept record; instead of q and the rest.",
        },
        {
            "name": "rank",
            "in": "query",
            "schema": {**WHOLE, "minimum": 1, "maximum": 10_000},
            "description": "Where it should stand; without it, on the asked page.",
        },
    ]
    return _described(
        read_operation(
            "search_explain",
            "Why a product stands where it stands, or why it does not.",
            "Scope `ranking:read`. With q the search is made now, and left out of every log; with "
            "query_id a past answer is read from its record.",
            answer="Explained",
            parameters=[*own, *search_parameters()],
        )
    )


def debug_operation() -> Json:
    shared = [each for each in search_parameters() if each["name"] != "q"]
    own: list[Json] = [
        {"name": "product_id", "in": "path", "required": True, "schema": TEXT},
        {
            "name": "q",
            "in": "query",
            "required": True,
            "schema": {**TEXTS, "maxItems": MOST_QUERIES},
            "description": f"Repeat it: at most {MOST_QUERIES}.",
        },
    ]
    return _described(
        read_operation(
            "debug_ranking",
            "Everything about a product in several searches at once.",
            "Scope `ops`.",
            answer="DebuggedRanking",
            parameters=[*own, *shared],
        )
    )


def _described(operation: Json) -> Json:
    refusal = operation["responses"]["400"]
    return {**operation, "responses": {**operation["responses"], "404": refusal}}
