"""The routes of experiments, flags, layers and the holdout in the committed OpenAPI schema."""

from dataclasses import fields
from typing import Any

import msgspec

from apps.common.api.openapi import hot_components_document, hot_route_document
from apps.experiments.api import documents, documents_flags
from apps.experiments.api.design_schema import design_schemas
from apps.experiments.api.operations import REFERENCE, Operation, body_schema, operations, ref
from apps.experiments.contracts.reports import DeliveryView, SubscriptionView

_ANSWERS = (
    documents.ExperimentAnswer,
    documents.ExperimentList,
    documents.ExperimentChecklist,
    documents.ExperimentActivity,
    documents.ExperimentDecision,
    documents_flags.FlagAnswer,
    documents_flags.FlagList,
    documents_flags.LayerAnswer,
    documents_flags.LayerList,
    documents_flags.HoldoutAnswer,
)
_TEXT = {"type": "string"}


def schema_register() -> None:
    """Make every operation and component known."""
    hot_components_document("experiments", components)
    for operation in operations():
        hot_route_document(operation[0], operation[1], _describing(operation))


def _describing(operation: Operation) -> Any:
    return lambda: _operation(operation)


def _operation(operation: Operation) -> dict[str, Any]:
    path, method, name, summary, body, answer, status = operation
    found: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "tags": ["experiments"],
        "security": [{"ApiKey": []}, {"Bearer": []}],
        "parameters": _parameters(path, method, name),
        "responses": _responses(method, answer, status),
    }
    if body is not None:
        found["requestBody"] = {
            "required": method != "post" or "required" in body,
            "content": {"application/json": {"schema": body}},
        }
    return found


def _parameters(path: str, method: str, name: str) -> list[dict[str, Any]]:
    found = [
        {"name": part, "in": "path", "required": True, "schema": {"type": "string"}}
        for part in ("key", "name", "subscription_id")
        if f"{{{part}}}" in path
    ]
    query = {
        "experiments_list": ("status", "limit", "offset"),
        "experiments_requirements": ("action",),
        "reports_list": ("experiment",),
        "reports_deliveries": ("experiment", "subscription", "limit"),
    }
    found += [
        {"name": part, "in": "query", "schema": {"type": "string"}} for part in query.get(name, ())
    ]
    if method == "post":
        found.append({"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}})
    return found


def _responses(method: str, answer: str, status: int) -> dict[str, Any]:
    errors = {
        "400": "A field is wrong; `extra.field` names it.",
        "401": "No valid key.",
        "403": "The caller may not.",
        "404": "There is none.",
        "429": "Too many requests.",
    }
    if method != "get":
        errors["409"] = "It does not fit now; `extra` lists what is missing."
    if method == "post":
        errors["422"] = "The idempotency key came with another request."
    found = {str(status): ("Done.", answer)}
    found |= {code: (text, "EventsError") for code, text in errors.items()}
    return {
        code: {
            "description": text,
            **({"content": {"application/json": {"schema": ref(name)}}} if name else {}),
        }
        for code, (text, name) in sorted(found.items())
    }


def components() -> dict[str, Any]:
    """Every schema by name."""
    _, found = msgspec.json.schema_components(_ANSWERS, ref_template=REFERENCE)
    units = body_schema({"units": {"type": "object", "additionalProperties": _TEXT}}, "units")
    return {**found, **design_schemas(), **_of_reports(), "ExperimentForcedUnits": units}


def _of_reports() -> dict[str, Any]:
    one: dict[str, Any] = {each.name: {} for each in fields(SubscriptionView)}
    sent: dict[str, Any] = {each.name: {} for each in fields(DeliveryView)}
    found = {
        "ReportSubscriptionAnswer": body_schema(one, *one),
        "ReportSubscriptionSecret": body_schema(
            {**one, "secret_once": {"type": ["string", "null"]}}, *one, "secret_once"
        ),
        "ReportDeliveryAnswer": body_schema(sent, *sent),
    }
    for name in ("ReportSubscription", "ReportDelivery"):
        listed = {"results": {"type": "array", "items": ref(f"{name}Answer")}}
        found[f"{name}List"] = body_schema(listed, "results")
    return found
