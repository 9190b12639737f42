"""`GET /api/v1/search` in the committed OpenAPI document."""

from typing import Any

from apps.catalog.contracts import AVAILABILITIES
from apps.common.api.openapi import hot_components_document, hot_route_document
from apps.search.contracts import (
    DEFAULT_PER_PAGE,
    MOST_PER_PAGE,
    MOST_QUERY_CHARACTERS,
    KeywordMode,
    Sort,
)

Json = dict[str, Any]
_TEXT: Json = {"type": "string"}
_NUMBER: Json = {"type": "number"}
_WHOLE: Json = {"type": "integer"}
_NUMBERS: Json = {"type": "object", "additionalProperties": _NUMBER}
_TEXTS: Json = {"type": "array", "items": _TEXT}


def schema_register() -> None:
    hot_components_document("search", components)
    hot_route_document("/api/v1/search", "get", operation)


def _object(properties: Json, optional: tuple[str, ...] = ()) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def _or_null(schema: Json) -> Json:
    return {**schema, "type": [schema["type"], "null"]}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def components() -> Json:
    return {
        "SearchWeights": _object(
            {
                "source": {**_TEXT, "description": "Which link of the chain answered."},
                "subject": _TEXT,
                "number": _WHOLE,
                "weights": _NUMBERS,
                "shared_out": {
                    **_TEXTS,
                    "description": "Features without a source; the others share their weight.",
                },
                "experiment": {**_TEXT, "description": "Whose override it is, if anyone's."},
                "variant": _TEXT,
            },
            optional=("experiment", "variant"),
        ),
        "SearchExperiment": _experiment(),
        "SearchExplanation": _explanation(),
        "SearchHit": _hit(),
        "SearchFacetLine": _object(
            {"value": _TEXT, "label": _TEXT, "count": _WHOLE, "selected": {"type": "boolean"}}
        ),
        "SearchAnswer": _answer(),
        "SearchRefusal": _object(
            {"code": _TEXT, "message": _TEXT, "extra": {"type": "object"}, "trace_id": _TEXT}
        ),
    }


def _experiment() -> Json:
    return _object(
        {
            "key": _TEXT,
            "variant": {**_TEXT, "description": "`interleaved` while both are shown."},
            "phase": _or_null(_WHOLE),
            "forced": {"type": "boolean", "description": "QA asked for it: counted nowhere."},
            "yields_to": {
                **_TEXT,
                "description": "It does not act here: this experiment turns the same knob.",
            },
        },
        optional=("forced", "yields_to"),
    )


def _explanation() -> Json:
    part = _object(
        {
            "value": _NUMBER,
            "keyword": _or_null(_NUMBER),
            "semantic": _or_null(_NUMBER),
            "keyword_rank": _or_null(_WHOLE),
            "semantic_rank": _or_null(_WHOLE),
        }
    )
    step = _object(
        {"kind": _TEXT, "rule": _TEXT, "from_rank": _WHOLE, "to_rank": _WHOLE, "detail": _TEXT}
    )
    return _object(
        {
            "final_score": _NUMBER,
            "score_breakdown": {
                "type": "object",
                "properties": {"search_score": part},
                "required": ["search_score"],
                "additionalProperties": _or_null(_NUMBER),
            },
            "weights": _ref("SearchWeights"),
            "contributions": {**_NUMBERS, "description": "Sums to final_score."},
            "steps": {"type": "array", "items": step},
            "reason": _TEXT,
        }
    )


def _hit() -> Json:
    attribute = {"type": ["string", "number", "boolean", "array"], "items": _TEXT}
    return _object(
        {
            "product_id": _TEXT,
            "title": _TEXT,
            "description": _TEXT,
            "brand": _TEXT,
            "category": {**_TEXT, "description": "Its path; empty for none."},
            "price": _NUMBER,
            "sale_price": _or_null(_NUMBER),
            "currency": _TEXT,
            "availability": {**_TEXT, "enum": list(AVAILABILITIES)},
            "image_link": _TEXT,
            "link": _TEXT,
            "attributes": {"type": "object", "additionalProperties": attribute},
            "item_group_id": _TEXT,
            "released_at": {"type": ["string", "null"], "format": "date-time"},
            "position": {**_WHOLE, "minimum": 1},
            "score": _NUMBER,
            "highlights": {
                "type": "object",
                "additionalProperties": _TEXT,
                "description": "Escaped HTML with <mark>, for fields that matched.",
            },
            "explanation": _ref("SearchExplanation"),
        },
        optional=("explanation",),
    )


def _answer() -> Json:
    lines = {"type": "array", "items": _ref("SearchFacetLine")}
    return _object(
        {
            "query": _TEXT,
            "query_id": {**_TEXT, "format": "uuid"},
            "page": _WHOLE,
            "per_page": _WHOLE,
            "pages": _WHOLE,
            "found": _WHOLE,
            "took_ms": _NUMBER,
            "sort": {**_TEXT, "enum": [str(each) for each in Sort]},
            "hits": {"type": "array", "items": _ref("SearchHit")},
            "facets": {"type": "object", "additionalProperties": lines},
            "category": _object({"detected": _or_null(_TEXT), "share": _or_null(_NUMBER)}),
            "weights": _ref("SearchWeights"),
            "matching": _object(
                {
                    "keyword": {**_TEXT, "enum": [str(each) for each in KeywordMode]},
                    "semantic": {"type": "boolean"},
                }
            ),
            "applied_rules": _TEXTS,
            "experiments": {"type": "array", "items": _ref("SearchExperiment")},
            "degraded": _TEXTS,
            "sticky": {**_TEXT, "description": "First assignments, to send back next time."},
        },
        optional=("sticky",),
    )


def operation() -> Json:
    refusal = {
        "description": "Refused; `extra.field` names the parameter.",
        "content": {"application/json": {"schema": _ref("SearchRefusal")}},
    }
    answer = {"application/json": {"schema": _ref("SearchAnswer")}}
    return {
        "operationId": "search",
        "summary": "Search, filter, sort and count the catalogue.",
        "description": "Scope `search:read`. Filters: AND between fields, OR inside a field.",
        "tags": ["search"],
        "security": [{"Bearer": []}, {"ApiKey": []}],
        "parameters": _parameters(),
        "responses": {
            "200": {"description": "The answer.", "content": answer},
            **dict.fromkeys(("400", "401", "403", "429"), refusal),
        },
    }


def _parameters() -> list[Json]:
    whole = {**_WHOLE, "minimum": 1}
    short = {**_TEXT, "maxLength": 200}
    return [
        _parameter("q", {**_TEXT, "maxLength": MOST_QUERY_CHARACTERS}, "Empty browses."),
        _parameter("page", {**whole, "default": 1}, "page times per_page: at most 10,000."),
        _parameter(
            "per_page", {**whole, "maximum": MOST_PER_PAGE, "default": DEFAULT_PER_PAGE}, ""
        ),
        _parameter("sort", {**_TEXT, "enum": [str(each) for each in Sort]}, ""),
        _parameter("facets", _TEXT, "Comma-separated: category, brand, price, attr.color …"),
        _parameter("user_id", short, "A shopper who is logged in."),
        _parameter("client_id", short, "A browser or device."),
        _parameter("session_id", short, "One visit."),
        _parameter("explain", {"type": "boolean"}, "Each hit carries why it stands there."),
        _parameter("qa", _TEXT, "A signed QA token: shows its variant, counted nowhere."),
        _parameter("sticky", _TEXT, "What the last answer said under `sticky`."),
        _bracketed(
            "filter",
            {"type": ["string", "array"], "items": _TEXT},
            "`filter[category]`, `filter[brand]`, `filter[price]=10..50`, "
            "`filter[availability]`, `filter[attr.<key>]`; repeat for OR.",
        ),
        _bracketed("attributes", _TEXT, "About the request, such as `attributes[device]`."),
    ]


def _parameter(name: str, schema: Json, description: str) -> Json:
    found: Json = {"name": name, "in": "query", "schema": schema}
    return {**found, "description": description} if description else found


def _bracketed(name: str, values: Json, description: str) -> Json:
    schema = {"type": "object", "additionalProperties": values}
    return {**_parameter(name, schema, description), "style": "deepObject", "explode": True}
