"""The routes of judged relevance in the committed OpenAPI document."""

from functools import partial
from typing import Any

from apps.common.api.openapi import hot_components_document, hot_route_document
from apps.common.api.schema_parts import (
    NUMBER,
    SWITCH,
    TEXT,
    TEXTS,
    WHOLE,
    object_of,
    or_null,
    ref,
)
from apps.explainability.contracts.judged import EvaluationStatus, JudgementSource

_Json = dict[str, Any]
_ANY: _Json = {"type": "object", "additionalProperties": True}
_WORDS: _Json = {"type": "object", "additionalProperties": TEXT}
_WHOLES: _Json = {"type": "object", "additionalProperties": WHOLE}
_FIGURE = or_null(NUMBER)
_MOMENT: _Json = {"type": ["string", "null"], "format": "date-time"}
_STATUS: _Json = {**TEXT, "enum": [each.value for each in EvaluationStatus]}
_ERRORS = {
    "400": "A field is wrong; `extra.field` names it.",
    "401": "No valid key.",
    "403": "The caller may not.",
    "404": "There is none.",
    "409": "It does not fit now.",
    "429": "Too many requests.",
}
_ROOT = "/api/v1/relevance"


def judged_schema_register() -> None:
    """Make every operation and component known."""
    hot_components_document("relevance", components)
    for path, method, operation in _operations():
        hot_route_document(f"{_ROOT}{path}", method, partial(dict, operation))


def _operations() -> list[tuple[str, str, _Json]]:
    one, pair = [_path("run_id")], [_path("before"), _path("after")]
    return [
        ("/lists", "get", _operation("relevance_lists", "Judgement lists", "RelevanceLists")),
        *_file_operations("/lists/{list_id}/judgements"),
        *_run_operations("/runs"),
        (
            "/runs/{run_id}",
            "get",
            _operation("relevance_run", "One evaluation, by query", "RelevanceRunScores", one),
        ),
        (
            "/runs/{before}/compare/{after}",
            "get",
            _operation("relevance_compare", "Two evaluations", "RelevanceComparison", pair),
        ),
    ]


def _file_operations(path: str) -> list[tuple[str, str, _Json]]:
    csv = {"text/csv": {"schema": TEXT}}
    sent = _operation(
        "relevance_judgements_import",
        "Take ratings in: all of a CSV, or nothing",
        "RelevanceImport",
        [_path("list_id")],
    )
    given = {
        **_operation("relevance_judgements_export", "The ratings of a list as CSV", ""),
        "parameters": [_path("list_id"), _query("raters", SWITCH)],
        "responses": {**_errors(), "200": {"description": "The ratings.", "content": csv}},
    }
    return [
        (path, "get", given),
        (path, "post", {**sent, "requestBody": {"required": True, "content": csv}}),
    ]


def _run_operations(path: str) -> list[tuple[str, str, _Json]]:
    asked = [_query("list"), _query("status", _STATUS)]
    asked += [_query(name, WHOLE) for name in ("limit", "offset")]
    listed = _operation(
        "relevance_runs", "Stored evaluations, newest first", "RelevanceRuns", asked
    )
    key = {"name": "Idempotency-Key", "in": "header", "schema": TEXT}
    start = _operation("relevance_run_start", "Queue an evaluation", "RelevanceRun", [key], "202")
    body = object_of(
        {"list": TEXT, "configuration": ref("RelevanceConfiguration"), "label": TEXT},
        optional=("configuration", "label"),
    )
    content = {"application/json": {"schema": body}}
    return [
        (path, "get", listed),
        (path, "post", {**start, "requestBody": {"required": True, "content": content}}),
    ]


def _operation(
    name: str,
    summary: str,
    answer: str,
    parameters: list[_Json] | None = None,
    status: str = "200",
) -> _Json:
    content = {"application/json": {"schema": ref(answer)}}
    return {
        "operationId": name,
        "summary": summary,
        "tags": ["relevance"],
        "security": [{"Bearer": []}, {"ApiKey": []}],
        "parameters": parameters or [],
        "responses": {**_errors(), status: {"description": "Done.", "content": content}},
    }


def _errors() -> _Json:
    content = {"application/json": {"schema": ref("EventsError")}}
    return {code: {"description": said, "content": content} for code, said in _ERRORS.items()}


def _path(name: str) -> _Json:
    return {"name": name, "in": "path", "required": True, "schema": WHOLE}


def _query(name: str, schema: _Json | None = None) -> _Json:
    return {"name": name, "in": "query", "schema": schema or TEXT}


def components() -> _Json:
    """Every schema by name."""
    return {
        "RelevanceList": object_of(_list()),
        "RelevanceLists": object_of({"results": _many("RelevanceList")}),
        "RelevanceImport": object_of(
            dict.fromkeys(("rows", "stored", "unchanged", "queries", "unknown_products"), WHOLE)
        ),
        "RelevanceConfiguration": object_of(_configuration(), optional=(*_configuration(),)),
        "RelevanceFigure": object_of(dict.fromkeys(("mean", "low", "high"), _FIGURE)),
        "RelevanceRun": object_of(_run()),
        "RelevanceRuns": object_of({"count": WHOLE, "results": _many("RelevanceRun")}),
        "RelevanceRunScores": object_of(
            {**_run(), "definitions": _WORDS, "scores": _many("RelevanceQuery")}
        ),
        "RelevanceQuery": object_of(
            {"query": TEXT, "metrics": {**_ANY, "additionalProperties": NUMBER}, "ranked": TEXTS}
        ),
        "RelevanceTest": object_of(_test()),
        "RelevanceMover": object_of(
            {"query": TEXT, **dict.fromkeys(("before", "after", "change"), NUMBER)}
        ),
        "RelevanceComparison": object_of(_comparison()),
    }


def _many(name: str) -> _Json:
    return {"type": "array", "items": ref(name)}


def _list() -> _Json:
    return {
        "id": WHOLE,
        "name": TEXT,
        "description": TEXT,
        "scale": WHOLE,
        "source": {**TEXT, "enum": [each.value for each in JudgementSource]},
        "how": TEXT,
        "gate": SWITCH,
        "queries": WHOLE,
        "judgements": WHOLE,
        "raters": TEXTS,
        "changed_at": {**TEXT, "format": "date-time"},
    }


def _configuration() -> _Json:
    return {
        "system": TEXT,
        "payload": {"description": "What a variant of an experiment on search would change."},
        "draft_kind": TEXT,
        "draft_id": WHOLE,
    }


def _run() -> _Json:
    return {
        "id": WHOLE,
        "list": TEXT,
        "label": TEXT,
        "configuration": ref("RelevanceConfiguration"),
        "words": TEXT,
        "status": _STATUS,
        "error": TEXT,
        "requested_by": TEXT,
        **dict.fromkeys(("created_at", "started_at", "finished_at"), _MOMENT),
        "judged_as": TEXT,
        "versions": _WHOLES,
        "queries": WHOLE,
        "judgements": WHOLE,
        "metrics": {**_ANY, "additionalProperties": ref("RelevanceFigure")},
    }


def _test() -> _Json:
    return {
        **dict.fromkeys(("before", "after", "difference", "low", "high", "p_value"), _FIGURE),
        "better": WHOLE,
        "worse": WHOLE,
        "state": TEXT,
    }


def _comparison() -> _Json:
    return {
        "before": ref("RelevanceRun"),
        "after": ref("RelevanceRun"),
        "queries": WHOLE,
        "fell": SWITCH,
        "rose": SWITCH,
        "words": TEXT,
        "metrics": {**_ANY, "additionalProperties": ref("RelevanceTest")},
        "best": _many("RelevanceMover"),
        "worst": _many("RelevanceMover"),
        "unmoved": WHOLE,
        "definitions": _WORDS,
    }
