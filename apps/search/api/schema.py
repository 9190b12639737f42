"""`GET /api/v1/search` in the committed OpenAPI document."""

from apps.catalog.product_schema import product_properties
from apps.common.api.openapi import hot_components_document, hot_route_document
from apps.common.api.schema_parts import (
    DEFAULT_TRUE,
    NUMBER,
    NUMBERS,
    SWITCH,
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
from apps.search.api.documents_rules import rules_components, rules_properties
from apps.search.api.schema_understanding import query_parts, understanding_components
from apps.search.contracts import (
    DEFAULT_PER_PAGE,
    MOST_PER_PAGE,
    MOST_QUERY_CHARACTERS,
    Fallback,
    KeywordMode,
    Sort,
)


def schema_register() -> None:
    hot_components_document("search", components)
    hot_route_document("/api/v1/search", "get", operation)


def components() -> Json:
    return {
        "SearchWeights": object_of(
            {
                "source": {**TEXT, "description": "Which link of the chain answered."},
                "subject": TEXT,
                "number": WHOLE,
                "weights": NUMBERS,
                "shared_out": {
                    **TEXTS,
                    "description": "Features without a source; the others share their weight.",
                },
                "experiment": {**TEXT, "description": "Whose override it is, if anyone's."},
                "variant": TEXT,
                "chain": {
                    "type": "array",
                    "items": object_of(
                        {"link": TEXT, "subject": TEXT, "found": TEXT, "answered": SWITCH}
                    ),
                    "description": "What was looked at, in order; in explanations only.",
                },
            },
            optional=("experiment", "variant", "chain"),
        ),
        **understanding_components(),
        **rules_components(),
        "SearchExperiment": _experiment(),
        "SearchExplanation": _explanation(),
        "SearchHit": _hit(),
        "SearchFacetLine": object_of(
            {"value": TEXT, "label": TEXT, "count": WHOLE, "selected": {"type": "boolean"}}
        ),
        "SearchAnswer": _answer(),
        "SearchRefusal": object_of(
            {"code": TEXT, "message": TEXT, "extra": {"type": "object"}, "trace_id": TEXT}
        ),
    }


def _experiment() -> Json:
    return object_of(
        {
            "key": TEXT,
            "variant": {**TEXT, "description": "`interleaved` while both are shown."},
            "phase": or_null(WHOLE),
            "forced": {"type": "boolean", "description": "QA asked for it: counted nowhere."},
            "yields_to": {
                **TEXT,
                "description": "It does not act here: this experiment turns the same knob.",
            },
        },
        optional=("forced", "yields_to"),
    )


def _explanation() -> Json:
    part = object_of(
        {
            "value": NUMBER,
            "keyword": or_null(NUMBER),
            "semantic": or_null(NUMBER),
            "keyword_rank": or_null(WHOLE),
            "semantic_rank": or_null(WHOLE),
            **query_parts(),
        },
        optional=tuple(query_parts()),
    )
    step = object_of(
        {"kind": TEXT, "rule": TEXT, "from_rank": WHOLE, "to_rank": WHOLE, "detail": TEXT}
    )
    return object_of(
        {
            "final_score": NUMBER,
            "score_breakdown": {
                "type": "object",
                "properties": {"search_score": part},
                "required": ["search_score"],
                "additionalProperties": or_null(NUMBER),
            },
            "weights": ref("SearchWeights"),
            "contributions": {**NUMBERS, "description": "Sums to final_score."},
            "steps": {"type": "array", "items": step},
            "experiments": {
                "type": "array",
                "items": object_of({"key": TEXT, "variant": TEXT, "turns": TEXTS}),
                "description": "Whose variants acted on the answer.",
            },
            "reason": TEXT,
        }
    )


def _hit() -> Json:
    return object_of(
        {
            **product_properties(),
            "position": {**WHOLE, "minimum": 1},
            "score": NUMBER,
            "highlights": {
                "type": "object",
                "additionalProperties": TEXT,
                "description": "Escaped HTML with <mark>, for fields that matched.",
            },
            "explanation": ref("SearchExplanation"),
        },
        optional=("explanation",),
    )


def _answer() -> Json:
    lines = {"type": "array", "items": ref("SearchFacetLine")}
    return object_of(
        {
            "query": TEXT,
            "query_id": {**TEXT, "format": "uuid"},
            "page": WHOLE,
            "per_page": WHOLE,
            "pages": WHOLE,
            "found": WHOLE,
            "took_ms": NUMBER,
            "sort": {**TEXT, "enum": [str(each) for each in Sort]},
            "hits": {"type": "array", "items": ref("SearchHit")},
            "facets": {"type": "object", "additionalProperties": lines},
            "category": object_of({"detected": or_null(TEXT), "share": or_null(NUMBER)}),
            "weights": ref("SearchWeights"),
            "corrected_query": {
                **or_null(TEXT),
                "description": "What was searched for instead; `spell=false` insists.",
            },
            "correction": {"anyOf": [ref("SearchCorrection"), {"type": "null"}]},
            "understanding": ref("SearchUnderstanding"),
            "matching": object_of(
                {
                    "keyword": {**TEXT, "enum": [str(each) for each in KeywordMode]},
                    "semantic": {"type": "boolean"},
                    "relaxed": {
                        **TEXTS,
                        "description": "Words given up: no product holds all of them.",
                    },
                    "fallback": {
                        "type": ["string", "null"],
                        "enum": [*(str(each) for each in Fallback), None],
                        "description": "What answers where no product is called by the words.",
                    },
                    "popular_in": {
                        **or_null(TEXT),
                        "description": "Path of the category whose popular products answer.",
                    },
                }
            ),
            **rules_properties(),
            "experiments": {"type": "array", "items": ref("SearchExperiment")},
            "degraded": TEXTS,
            "sticky": {**TEXT, "description": "First assignments, to send back next time."},
        },
        optional=("sticky", "rules"),
    )


def operation() -> Json:
    return read_operation(
        "search",
        "Search, filter, sort and count the catalogue.",
        "Scope `search:read`. Filters: AND between fields, OR inside a field.",
        answer="SearchAnswer",
        parameters=search_parameters(),
    )


def search_parameters() -> list[Json]:
    whole = {**WHOLE, "minimum": 1}
    short = {**TEXT, "maxLength": 200}
    return [
        parameter("q", {**TEXT, "maxLength": MOST_QUERY_CHARACTERS}, "Empty browses."),
        parameter("page", {**whole, "default": 1}, "page times per_page: at most 10,000."),
        parameter(
            "per_page", {**whole, "maximum": MOST_PER_PAGE, "default": DEFAULT_PER_PAGE}, ""
        ),
        parameter("sort", {**TEXT, "enum": [str(each) for each in Sort]}, ""),
        parameter("facets", TEXT, "Comma-separated: category, brand, price, attr.color …"),
        parameter("user_id", short, "A shopper who is logged in."),
        parameter("client_id", short, "A browser or device."),
        parameter("session_id", short, "One visit."),
        parameter("explain", {"type": "boolean"}, "Each hit carries why it stands there."),
        parameter("spell", DEFAULT_TRUE, "false: insist on the query as typed."),
        parameter("understand", DEFAULT_TRUE, "false: read no filter or boost out of it."),
        parameter("drop", TEXTS, "`field:value` of an extraction that is not wanted; repeat."),
        parameter("qa", TEXT, "A signed QA token: shows its variant, counted nowhere."),
        parameter("sticky", TEXT, "What the last answer said under `sticky`."),
        bracketed(
            "filter",
            {"type": ["string", "array"], "items": TEXT},
            "`filter[category]`, `filter[brand]`, `filter[price]=10..50`, "
            "`filter[availability]`, `filter[attr.<key>]`; repeat for OR.",
        ),
        bracketed("attributes", TEXT, "About the request, such as `attributes[device]`."),
    ]
