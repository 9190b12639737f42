"""Routes of metrics, results and plans in the committed OpenAPI schema."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from apps.common.api.openapi import hot_components_document, hot_route_document
from apps.experiments.api.operations import FORMER, body_schema, ref
from apps.experiments.contracts.analysis import PlanAnswer
from apps.experiments.contracts.results import ExperimentResults
from apps.experiments.selectors.metric_previews import MetricPreview

_TEXT, _NUMBER = {"type": "string"}, {"type": "number"}
_WHOLE, _OBJECT = {"type": "integer"}, {"type": "object", "additionalProperties": True}
_READ = (("as_of", _TEXT), ("phase", _WHOLE), ("salt_version", _WHOLE))
_ONE, _METRICS = "/api/v1/experiments/{key}", "/api/v1/metrics"
# Path, method, operation, answer, query parameters, body.
Row = tuple[str, str, str, str, Any, dict[str, Any] | None]
_STEPS = ("submit", "withdraw", "discard", "approve", "reject", "publish")


def analysis_schema_register() -> None:
    """Make every operation and component known."""
    hot_components_document("experiment-analysis", analysis_components)
    for path, method, operation in _operations():
        hot_route_document(path, method, operation)


def analysis_components() -> dict[str, Any]:
    """Schemas by name: the fields are the contracts' own."""
    definition = {**_OBJECT, "description": "As docs/experiments-developers.md says."}
    version = {"key": _TEXT, "version": _WHOLE, "status": _TEXT}
    metric = {"key": _TEXT, "version": _WHOLE, "definition": definition}
    arms = {
        "key": _TEXT, "as_of": _TEXT, "salt_version": _WHOLE, "units": _OBJECT,
        "readable": {"type": "boolean"}, "unreadable_because": _list(_TEXT),
        "freshness": _OBJECT, "metrics": _list(_OBJECT),
    }  # fmt: skip
    return {
        "ExperimentResults": _of_fields(ExperimentResults),
        "ExperimentPlanAnswer": _of_fields(PlanAnswer),
        "ExperimentMetrics": body_schema(arms, *arms),
        "MetricAnswer": body_schema(metric, *metric),
        "MetricList": body_schema({"results": _list(ref("MetricAnswer"))}, "results"),
        "MetricPreview": _preview(version),
        "MetricVersionAnswer": body_schema(version, *version),
    }


def _preview(version: dict[str, Any]) -> dict[str, Any]:
    found = {**version, "unit": _TEXT, **{each.name: {} for each in fields(MetricPreview)}}
    return body_schema(found, *found)


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


def _of_fields(kind: type) -> dict[str, Any]:
    """An object of the contract's fields; contracts/results.py and analysis.py describe them."""
    names = [each.name for each in fields(kind)]
    return {
        "type": "object",
        "description": " ".join((kind.__doc__ or "").split()),
        "properties": {name: {} for name in names},
        "required": names,
        "additionalProperties": False,
    }


def _operations() -> list[tuple[str, str, Callable[[], dict[str, Any]]]]:
    plan = body_schema(
        {
            "metric": _TEXT, "unit": _TEXT, "weights": _list(_NUMBER), "variants": _WHOLE,
            "coverage": _NUMBER, "days": _NUMBER, "plan": _OBJECT,
        },
        "metric",
    )  # fmt: skip
    draft = body_schema({"key": _TEXT, "definition": _OBJECT}, "key", "definition")
    said = body_schema({"reason": _TEXT})
    shaped = (*_READ, ("format", {"type": "string", "enum": ["document"]}))
    edit = body_schema({"definition": _OBJECT}, "definition")
    version, unit = ("version", _WHOLE), ("unit", _TEXT)
    found: list[Row] = [
        (f"{_ONE}/metrics", "get", "experiments_metrics", "ExperimentMetrics", _READ, None),
        (f"{_ONE}/results", "get", "experiments_results", "ExperimentResults", shaped, None),
        ("/api/v1/experiments/plan", "post", "experiments_plan", "ExperimentPlanAnswer", (), plan),
        (_METRICS, "get", "metrics_list", "MetricList", (), None),
        (_METRICS, "post", "metrics_draft", "MetricVersionAnswer", (), draft),
        (f"{_METRICS}/{{key}}", "get", "metrics_read", "MetricAnswer", (version,), None),
        (f"{_METRICS}/{{key}}", "put", "metrics_edit", "MetricVersionAnswer", (), edit),
        (f"{_METRICS}/{{key}}/preview", "get", "metrics_preview", "MetricPreview", (unit,), None),
        (f"{_METRICS}/{{key}}/rollback", "post", "metrics_rollback", "MetricVersionAnswer", (),
         FORMER),
        (f"{_ONE}/refresh", "post", "experiments_refresh", "ExperimentResults", (),
         body_schema({})),
        (f"{_METRICS}/{{key}}/{{step}}", "post", "metrics_step", "MetricVersionAnswer", (), said),
    ]  # fmt: skip
    return [(row[0], row[1], _lazily(row)) for row in found]


def _lazily(row: Row) -> Callable[[], dict[str, Any]]:
    return lambda: _operation(row)


def _operation(row: Row) -> dict[str, Any]:
    path, method, name, answer, query, body = row
    parameters: list[dict[str, Any]] = [
        {"name": part, "in": "path", "required": True, "schema": schema}
        for part, schema in (("key", _TEXT), ("step", {"type": "string", "enum": list(_STEPS)}))
        if f"{{{part}}}" in path
    ]
    parameters += [{"name": each, "in": "query", "schema": schema} for each, schema in query]
    if method == "post":
        parameters.append({"name": "Idempotency-Key", "in": "header", "schema": _TEXT})
    status = "201" if name == "metrics_draft" else "200"
    words = {"400": "A field is wrong.", "401": "No valid key.", "403": "The caller may not."}
    words |= {"404": "There is none.", "429": "Too many requests."}
    found: dict[str, Any] = {
        "operationId": name,
        "summary": name.replace("_", " ").capitalize(),
        "tags": ["experiments"],
        "security": [{"ApiKey": []}, {"Bearer": []}],
        "parameters": parameters,
        "responses": {
            status: _response("Done.", answer),
            **{code: _response(text, "EventsError") for code, text in words.items()},
        },
    }
    if body is not None:
        found["requestBody"] = {
            "required": "required" in body and bool(body["required"]),
            "content": {"application/json": {"schema": body}},
        }
    return found


def _response(words: str, name: str) -> dict[str, Any]:
    return {"description": words, "content": {"application/json": {"schema": ref(name)}}}
