"""What schemas of hot routes are put together from."""

from typing import Any

Json = dict[str, Any]
TEXT: Json = {"type": "string"}
NUMBER: Json = {"type": "number"}
WHOLE: Json = {"type": "integer"}
NUMBERS: Json = {"type": "object", "additionalProperties": NUMBER}
TEXTS: Json = {"type": "array", "items": TEXT}
SWITCH: Json = {"type": "boolean"}
DEFAULT_TRUE: Json = {"type": "boolean", "default": True}


def object_of(properties: Json, optional: tuple[str, ...] = ()) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def or_null(schema: Json) -> Json:
    return {**schema, "type": [schema["type"], "null"]}


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def parameter(name: str, schema: Json, description: str = "") -> Json:
    """One parameter of the query string."""
    found: Json = {"name": name, "in": "query", "schema": schema}
    return {**found, "description": description} if description else found


def bracketed(name: str, values: Json, description: str) -> Json:
    """Parameters `name[…]`, each with one of the values."""
    schema = {"type": "object", "additionalProperties": values}
    return {**parameter(name, schema, description), "style": "deepObject", "explode": True}


def read_operation(
    name: str,
    summary: str,
    description: str,
    *,
    answer: str,
    parameters: list[Json],
    tag: str = "search",
) -> Json:
    """A GET: one answer, and refusals that name the parameter."""
    refusal = {
        "description": "Refused; `extra.field` names the parameter.",
        "content": {"application/json": {"schema": ref("SearchRefusal")}},
    }
    content = {"application/json": {"schema": ref(answer)}}
    return {
        "operationId": name,
        "summary": summary,
        "description": description,
        "tags": [tag],
        "security": [{"Bearer": []}, {"ApiKey": []}],
        "parameters": parameters,
        "responses": {
            "200": {"description": "The answer.", "content": content},
            **dict.fromkeys(("400", "401", "403", "429"), refusal),
        },
    }
