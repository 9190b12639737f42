"""A flag's definition as JSON becomes values, and values become JSON."""

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.design import DesignInvalid
from apps.experiments.contracts.lifecycle import FlagDefinition, FlagRule
from apps.experiments.domain.design.fields import Fields, json_checked
from apps.experiments.domain.design.reading import targeting_read

VALUE_TYPES = ("boolean", "string", "integer", "float", "object")
MOST_RULES = 50
_WORDS = {
    "boolean": "true or false",
    "string": "a text",
    "integer": "a whole number",
    "float": "a number",
    "object": "an object or a list",
}
_OFF: dict[str, Json] = {"boolean": False, "string": "", "integer": 0, "float": 0.0, "object": {}}


def flag_read(document: Json) -> FlagDefinition:
    """The definition that a document means.

    Raises:
        DesignInvalid: naming the field.
    """
    fields = Fields(document)
    value_type = fields.text("value_type", "boolean")
    if value_type not in VALUE_TYPES:
        raise fields.refuse("value_type", f"Choose one of: {', '.join(VALUE_TYPES)}.")
    definition = FlagDefinition(
        description=fields.text("description"),
        value_type=value_type,
        value=_value(fields, "value", value_type, fields.required("value")),
        off_value=_value(
            fields, "off_value", value_type, fields.anything("off_value", _OFF[value_type])
        ),
        rules=fields.each("rules", lambda each: _rule(each, value_type), most=MOST_RULES),
    )
    fields.close()
    return definition


def flag_written(definition: FlagDefinition) -> dict[str, Json]:
    """The document of a definition; `flag_read` of it is the definition again."""
    return {
        "description": definition.description,
        "value_type": definition.value_type,
        "value": definition.value,
        "off_value": definition.off_value,
        "rules": [_rule_written(rule) for rule in definition.rules],
    }


def _rule(fields: Fields, value_type: str) -> FlagRule:
    return FlagRule(
        value=_value(fields, "value", value_type, fields.required("value")),
        targeting=targeting_read(fields.anything("targeting"), fields.at("targeting")),
        coverage=fields.number("coverage", 1.0, least=0, most=1),
        unit=fields.attribute("unit", "client_id") or "client_id",
    )


def _rule_written(rule: FlagRule) -> Json:
    return {
        "value": rule.value,
        "targeting": dict(rule.targeting),
        "coverage": rule.coverage,
        "unit": rule.unit,
    }


def _value(fields: Fields, name: str, value_type: str, value: Json) -> Json:
    if not _fits(value_type, value):
        raise DesignInvalid(fields.at(name), f"This must be {_WORDS[value_type]}.")
    json_checked(value, fields.at(name))
    return float(value) if value_type == "float" and isinstance(value, int) else value


def _fits(value_type: str, value: Json) -> bool:
    if isinstance(value, bool):
        return value_type == "boolean"
    match value_type:
        case "string":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int)
        case "float":
            return isinstance(value, int | float)
        case "object":
            return isinstance(value, dict | list)
        case _:
            return False
