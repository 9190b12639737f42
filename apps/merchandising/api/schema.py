"""The routes of rules and synonyms in the committed OpenAPI schema."""

from typing import Any

import msgspec

from apps.common.api.openapi import hot_components_document, hot_route_document
from apps.merchandising.api import documents
from apps.merchandising.api.steps import STEPS
from apps.merchandising.contracts_rules import QueryMatch, Reach, RuleState
from apps.merchandising.domain.rules.consequences import DOINGS

_REFERENCE = "#/components/schemas/{name}"
_ROOT = "/api/v1/merchandising"
_RULE = f"{_ROOT}/rules/{{key}}"
_SYNONYMS = f"{_ROOT}/synonyms"
_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_OF_NAMES = {"type": "object", "additionalProperties": _TEXTS}
_ANSWERS = (
    documents.RuleAnswer,
    documents.RuleList,
    documents.MerchandisingVersions,
    documents.RuleConflictList,
    documents.RulesImportAnswer,
    documents.SynonymsAnswer,
)
_STEP_WORDS = {
    "submit": "Put the draft before a second person.",
    "withdraw": "Take it back from review.",
    "discard": "Give the draft up.",
    "approve": "A second person agrees.",
    "reject": "A second person refuses.",
    "publish": "Publish what waits; with warnings only when they are acknowledged.",
}
_SETTLING = ("discard", "reject")

# Method, path, operation, summary, name of the body's schema, of the answer's, status.
_Operation = tuple[str, str, str, str, str, str, int]


def schema_register() -> None:
    """Make every operation and component known."""
    hot_components_document("merchandising", components)
    for operation in (*_of_rules(), *_of_synonyms(), *_of_files()):
        method, path = operation[:2]
        hot_route_document(path, method, _describing(operation))


def _of_rules() -> tuple[_Operation, ...]:
    one, many = "RuleAnswer", "MerchandisingVersions"
    steps = tuple(
        (
            "post",
            f"{_RULE}/{step}",
            f"rules_{step}",
            _STEP_WORDS[step],
            "MerchandisingStep",
            "MerchandisingVersion" if step in _SETTLING else one,
            200,
        )
        for step in STEPS
    )
    return (
        ("get", f"{_ROOT}/rules", "rules_list", "Rules by key.", "", "RuleList", 200),
        ("post", f"{_ROOT}/rules", "rules_create", "A draft.", "RuleNew", one, 201),
        ("get", _RULE, "rules_get", "One, with what waits.", "", one, 200),
        ("put", _RULE, "rules_replace", "Other content, as its draft.", "RuleContent", one, 200),
        (
            "delete", _RULE, "rules_retire",
            "Take it offline by a version that says so; 202 while that waits for review.",
            "", one, 200,
        ),
        ("get", f"{_RULE}/versions", "rules_versions", "Newest first.", "", many, 200),
        (
            "get", f"{_RULE}/conflicts", "rules_conflicts",
            "Conflicts of what waits, else of what is published, with other published rules.",
            "", "RuleConflictList", 200,
        ),
        (
            "post", f"{_RULE}/rollback", "rules_rollback",
            "A former version again, as a new one, at once.", "MerchandisingFormer", one, 200,
        ),
        *steps,
    )  # fmt: skip


def _of_synonyms() -> tuple[_Operation, ...]:
    one, many = "SynonymsAnswer", "MerchandisingVersions"
    steps = tuple(
        (
            "post",
            f"{_SYNONYMS}/{step}",
            f"synonyms_{step}",
            _STEP_WORDS[step],
            "MerchandisingStep",
            one,
            200,
        )
        for step in STEPS
    )
    return (
        ("get", _SYNONYMS, "synonyms_get", "All of them, with what waits.", "", one, 200),
        (
            "put", _SYNONYMS, "synonyms_replace", "All of them anew, as a draft.",
            "SynonymsContent", one, 200,
        ),
        ("get", f"{_SYNONYMS}/versions", "synonyms_versions", "Newest first.", "", many, 200),
        (
            "post", f"{_SYNONYMS}/rollback", "synonyms_rollback",
            "A former set again, as a new one, at once.", "MerchandisingFormer", one, 200,
        ),
        *steps,
    )  # fmt: skip


def _of_files() -> tuple[_Operation, ...]:
    return (
        ("get", f"{_ROOT}/files/rules", "rules_file", "Rules as CSV.", "", "", 200),
        ("get", f"{_ROOT}/files/synonyms", "synonyms_file", "Synonyms as CSV.", "", "", 200),
        (
            "post", f"{_ROOT}/imports/rules", "rules_import",
            "Draft every rule of a file that differs from what is published, or nothing.",
            "MerchandisingFile", "RulesImportAnswer", 200,
        ),
        (
            "post", f"{_ROOT}/imports/synonyms", "synonyms_import",
            "Draft the synonyms of a file, in place of all others.",
            "MerchandisingFile", "SynonymsAnswer", 200,
        ),
    )  # fmt: skip


def _describing(operation: _Operation) -> Any:
    return lambda: _operation(operation)


def _operation(operation: _Operation) -> dict[str, Any]:
    method, path, name, summary, body, answer, status = operation
    found: dict[str, Any] = {
        "operationId": f"merchandising_{name}",
        "summary": summary,
        "tags": ["merchandising"],
        "security": [{"ApiKey": []}, {"Bearer": []}],
        "parameters": _parameters(method, path, name),
        "responses": _responses(method, answer, status),
    }
    if name == "rules_retire":
        found["responses"]["202"] = found["responses"]["200"]
    if body:
        found["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _ref(body)}},
        }
    return found


def _parameters(method: str, path: str, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if "{key}" in path:
        found.append({"name": "key", "in": "path", "required": True, "schema": _TEXT})
    if name == "rules_list":
        state = {"type": "string", "enum": [each.value for each in RuleState]}
        limit = {"type": "integer", "minimum": 1, "maximum": 500, "default": 100}
        asked = {"state": state, "campaign": _TEXT, "after": _TEXT, "limit": limit}
        found += [{"name": part, "in": "query", "schema": each} for part, each in asked.items()]
    if name == "rules_retire":
        found.append({"name": "reason", "in": "query", "required": True, "schema": _TEXT})
    if method == "post":
        found.append({"name": "Idempotency-Key", "in": "header", "schema": _TEXT})
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
    file = {"text/csv": {"schema": _TEXT}}
    content = {"application/json": {"schema": _ref(answer)}} if answer else file
    found: dict[str, Any] = {str(status): {"description": "Done.", "content": content}}
    for code, text in errors.items():
        shape = {"application/json": {"schema": _ref("EventsError")}}
        found[code] = {"description": text, "content": shape}
    return dict(sorted(found.items()))


def components() -> dict[str, Any]:
    """Every schema by name."""
    _, found = msgspec.json.schema_components(_ANSWERS, ref_template=_REFERENCE)
    content = _content_fields()
    reason = {"reason": _TEXT}
    return {
        **found,
        "RuleContent": _closed(content, "title", "consequences"),
        "RuleNew": _closed({"key": _TEXT, **content}, "key", "title", "consequences"),
        "RuleConditions": _conditions(),
        "RuleConsequence": _consequence(),
        "MerchandisingStep": _closed({**reason, "acknowledge_warnings": {"type": "boolean"}}),
        "MerchandisingFormer": _closed({"version": {"type": "integer"}, **reason}, "version"),
        "MerchandisingFile": _closed({"csv": _TEXT}, "csv"),
        "SynonymsContent": _closed({"entries": {"type": "array", "items": _entry()}}, "entries"),
    }


def _content_fields() -> dict[str, Any]:
    return {
        "title": _TEXT,
        "priority": {"type": "integer", "minimum": -1000, "maximum": 1000, "default": 0},
        "campaign": _TEXT,
        "reach": {"type": "string", "enum": [each.value for each in Reach]},
        "conditions": _ref("RuleConditions"),
        "consequences": {"type": "array", "items": _ref("RuleConsequence")},
    }


def _conditions() -> dict[str, Any]:
    match = {"type": "string", "enum": [each.value for each in QueryMatch]}
    query = _closed({"match": match, "text": _TEXT}, "match", "text")
    variant = _closed({"experiment": _TEXT, "variants": _TEXTS}, "experiment", "variants")
    return _closed({
        "queries": {"type": "array", "items": query},
        "categories": _TEXTS,
        "segments": _TEXTS,
        "devices": _TEXTS,
        "attributes": _OF_NAMES,
        "variants": {"type": "array", "items": variant},
        "starts_at": _TEXT,
        "ends_at": _TEXT,
        "time_zone": _TEXT,
    })  # fmt: skip


def _consequence() -> dict[str, Any]:
    fields = {
        "do": {"type": "string", "enum": list(DOINGS)},
        "product": _TEXT,
        "position": {"type": "integer", "minimum": 1},
        "products": _TEXTS,
        "filters": _OF_NAMES,
        "factor": {"type": "integer", "minimum": -100, "maximum": 100},
        "url": _TEXT,
        "slot": _TEXT,
        "payload": {"type": "object", "additionalProperties": True},
        "find": _TEXT,
        "replace": _TEXT,
    }
    return _closed(fields, "do")


def _entry() -> dict[str, Any]:
    kind = {"type": "string", "enum": ["two_way", "one_way"]}
    return _closed({"kind": kind, "terms": _TEXTS, "from": _TEXT}, "kind", "terms")


def _closed(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    found = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": list(required)} if required else found


def _ref(name: str) -> dict[str, str]:
    return {"$ref": _REFERENCE.format(name=name)}
