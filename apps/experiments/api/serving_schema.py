"""The serving routes in the committed OpenAPI schema."""

from collections.abc import Mapping
from typing import Any

from apps.common.api.openapi import hot_components_document, hot_route_document
from apps.events.domain.items import MAX_ITEMS
from apps.experiments.api.serving_components import REFERENCE, components

Answers = Mapping[str, tuple[str, str]]
_API = "/api/v1/experiments"
_EDGE: Answers = {
    "401": ("No valid key.", "ServingError"),
    "403": ("The key may not.", "ServingError"),
    "429": ("Too many requests.", "ServingError"),
    "503": ("Not now; send it again.", "ServingError"),
}
_KEYED: Answers = {"404": ("There is no such experiment.", "ServingError"), **_EDGE}
_INVALID = ("The body cannot be read.", "ServingError")
_BODY: Answers = {
    "400": _INVALID,
    "413": ("The body is over 2 MB.", "ServingError"),
    "422": ("The Idempotency-Key was used for another request.", "ServingError"),
}


def schema_register() -> None:
    hot_components_document("experiments-serving", components)
    for path, method, operation in (
        (f"{_API}/{{key}}/assign", "post", assign_operation),
        (f"{_API}/{{key}}/exposures", "post", exposures_operation),
        (f"{_API}/conversions", "post", conversions_operation),
        (f"{_API}/{{key}}/trace", "get", trace_operation),
        (f"{_API}/{{key}}/qa-links", "post", qa_links_operation),
        ("/ofrep/v1/evaluate/flags/{key}", "post", ofrep_flag_operation),
        ("/ofrep/v1/evaluate/flags", "post", ofrep_flags_operation),
        ("/api/features/{client_key}", "get", sdk_operation),
    ):
        hot_route_document(path, method, operation)


def assign_operation() -> dict[str, Any]:
    return _operation(
        "experiments_assign",
        "Which variant a unit gets, or up to 1,000 units. Logs no exposure.",
        body={"anyOf": [_ref("AssignUnit"), _ref("AssignMany")]},
        answers={**_BODY, **_KEYED},
        good=_either("AssignOneAnswer", "AssignManyAnswer"),
        parameters=[_key(), _query("qa", "QA tokens, parted by commas."), _idempotency()],
    )


def exposures_operation() -> dict[str, Any]:
    return _operation(
        "experiments_exposures",
        "Units have seen their variants: one report, or up to 1,000.",
        body=_reports("ExposureReport", "exposures"),
        answers={
            "207": ("Some reports were refused.", "ExposuresAnswer"),
            "409": ("The experiment has not started.", "ServingError"),
            **_BODY,
            **_KEYED,
        },
        good=_ref("ExposuresAnswer"),
        parameters=[_key(), _idempotency()],
    )


def conversions_operation() -> dict[str, Any]:
    return _operation(
        "experiments_conversions",
        "Units did what a metric counts: one report, or up to 1,000.",
        body=_reports("ConversionReport", "conversions"),
        answers={
            "207": ("Some reports were refused.", "ConversionsAnswer"),
            **_BODY,
            **_EDGE,
        },
        good=_ref("ConversionsAnswer"),
        parameters=[_idempotency()],
    )


def trace_operation() -> dict[str, Any]:
    return _operation(
        "experiments_trace",
        "Why is this unit in B? Every question that assignment asked, with what it read.",
        answers={"400": ("A parameter cannot be read.", "ServingError"), **_KEYED},
        good=_ref("TraceAnswer"),
        parameters=[
            _key(),
            _query("unit", "Id of the experiment's unit."),
            _query("attributes", "JSON object of what else is known."),
            _query("as_of", "ISO 8601 time with its zone; now when absent."),
            _query("qa", "QA tokens, parted by commas."),
            _query("sticky_token", "Token of an earlier answer."),
        ],
    )


def qa_links_operation() -> dict[str, Any]:
    return _operation(
        "experiments_qa_links",
        "A signed token that shows one variant to whoever carries it.",
        body=_ref("QaLinkBody"),
        answers={**_BODY, **_KEYED},
        good=_ref("QaLinkAnswer"),
        status="201",
        parameters=[_key(), _idempotency()],
    )


def ofrep_flag_operation() -> dict[str, Any]:
    return _operation(
        "ofrep_flag",
        "OFREP 0.3: one flag or experiment for one context.",
        tag="ofrep",
        body=_ref("OfrepContext"),
        answers={
            **_EDGE,
            "400": ("The context cannot be used.", "OfrepFault"),
            "404": ("There is no such flag.", "OfrepFault"),
        },
        good=_ref("OfrepFlag"),
        parameters=[_key()],
    )


def ofrep_flags_operation() -> dict[str, Any]:
    operation = _operation(
        "ofrep_flags",
        "OFREP 0.3: every flag and running experiment for one context.",
        tag="ofrep",
        body=_ref("OfrepContext"),
        answers={**_EDGE, "400": ("The context cannot be used.", "OfrepFaults")},
        good=_ref("OfrepFlags"),
        parameters=[_etag()],
    )
    operation["responses"]["304"] = {"description": "Nothing changed for this context."}
    return operation


def sdk_operation() -> dict[str, Any]:
    operation = _operation(
        "sdk_features",
        "Flags and experiments in GrowthBook's public format, for its SDKs.",
        tag="sdk",
        answers=_EDGE,
        good=_ref("SdkFeatures"),
        parameters=[_path("client_key", "A storefront (public) API key."), _etag()],
    )
    operation["security"] = []
    operation["responses"]["304"] = {"description": "Nothing changed."}
    return operation


def _operation(
    name: str,
    summary: str,
    *,
    answers: Answers,
    good: dict[str, Any],
    parameters: list[dict[str, Any]],
    body: dict[str, Any] | None = None,
    status: str = "200",
    tag: str = "experiments",
) -> dict[str, Any]:
    responses = {
        code: {"description": text, "content": _json(_ref(component))}
        for code, (text, component) in answers.items()
    }
    responses[status] = {"description": "Answered.", "content": _json(good)}
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "tags": [tag],
        "security": [{"ApiKey": []}, {"Bearer": []}],
        "parameters": parameters,
        "responses": dict(sorted(responses.items())),
    }
    if body is not None:
        operation["requestBody"] = {"required": True, "content": _json(body)}
    return operation


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": REFERENCE.format(name=name)}


def _either(*names: str) -> dict[str, Any]:
    return {"anyOf": [_ref(name) for name in names]}


def _reports(component: str, name: str) -> dict[str, Any]:
    many = {"type": "array", "items": _ref(component), "maxItems": MAX_ITEMS}
    wrapped = {"type": "object", "properties": {name: many}, "required": [name]}
    return {"anyOf": [_ref(component), many, wrapped]}


def _path(name: str, text: str) -> dict[str, Any]:
    return _parameter(name, "path", text, required=True)


def _key() -> dict[str, Any]:
    return _path("key", "Key of the experiment or flag.")


def _query(name: str, text: str) -> dict[str, Any]:
    return _parameter(name, "query", text)


def _idempotency() -> dict[str, Any]:
    return _parameter("Idempotency-Key", "header", "The same key and request acts once.")


def _etag() -> dict[str, Any]:
    return _parameter("If-None-Match", "header", "ETag of an earlier answer.")


def _parameter(name: str, place: str, text: str, *, required: bool = False) -> dict[str, Any]:
    schema = {"type": "string"}
    return {
        "name": name, "in": place, "required": required, "description": text, "schema": schema,
    }  # fmt: skip
