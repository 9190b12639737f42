"""The JSON schema of a design and of a flag, as `design_read` and `flag_read` take them."""

from enum import StrEnum
from typing import Any

from apps.experiments.contracts.design import (
    Correction,
    ExperimentKind,
    Horizon,
    Method,
    MetricRole,
    Stickiness,
    UnitType,
)
from apps.experiments.contracts.statistics import Spending
from apps.experiments.domain.design.flags import VALUE_TYPES

Schema = dict[str, Any]
ANY: Schema = {"description": "Any JSON."}
CONDITION: Schema = {
    "type": "object",
    "additionalProperties": True,
    "description": "A condition over the request's attributes; empty holds for all.",
}


def design_schemas() -> dict[str, Schema]:
    """Schemas by component name."""
    return {
        "ExperimentDesign": _closed(_design(), "name", "variants", "metrics"),
        "ExperimentDesignPart": _closed(_design()),
        "ExperimentNew": _closed(
            {"key": _text(), **_design()}, "key", "name", "variants", "metrics"
        ),
        "ExperimentVariant": _closed(
            {
                "key": _text(),
                "name": _text(),
                "weight": _number(0, 1),
                "payload": ANY,
                "description": _text(),
            },
            "key",
        ),
        "ExperimentMetricUse": _closed(
            {
                "key": _text(),
                "role": _choice(MetricRole),
                "version": {"type": "integer", "description": "Frozen when it is submitted."},
                "margin": _number(0, 1),
            },
            "key",
        ),
        "ExperimentPlan": _closed(_plan()),
        "FlagDefinition": _closed(
            {
                "description": _text(),
                "value_type": {"type": "string", "enum": list(VALUE_TYPES)},
                "value": ANY,
                "off_value": ANY,
                "rules": _many(
                    _closed(
                        {
                            "value": ANY,
                            "targeting": CONDITION,
                            "coverage": _number(0, 1),
                            "unit": _text(),
                        },
                        "value",
                    )
                ),
            },
            "value",
        ),
    }


def _design() -> Schema:
    return {
        "name": _text(),
        "hypothesis": _text(),
        "kind": _choice(ExperimentKind),
        "template": {"type": "string", "enum": ["", "weights", "feature", "ui"]},
        "surface": _text(),
        "unit": _choice(UnitType),
        "variants": _many(_ref("ExperimentVariant"), least=2),
        "coverage": _number(0, 1),
        "targeting": CONDITION,
        "layer": _nullable(
            _closed({"name": _text(), "low": _number(0, 1), "high": _number(0, 1)}, "name")
        ),
        "holdout": {"type": "boolean"},
        "metrics": _many(_ref("ExperimentMetricUse"), least=1),
        "plan": _ref("ExperimentPlan"),
        "schedule": _closed(
            {
                "starts_at": _nullable(_moment()),
                "ends_at": _nullable(_moment()),
                "ramp": _many(
                    _closed(
                        {"coverage": _number(0, 1), "after_hours": _number(0, 10_000)},
                        "coverage",
                        "after_hours",
                    )
                ),
            }
        ),
        "stickiness": _choice(Stickiness),
        "stratify_by": _text(),
        "dimensions": _many(_text()),
        "bandit": _nullable(
            _closed(
                {
                    "metric": _text(),
                    "every_hours": _number(0, 10_000),
                    "floor": _number(0, 0.5),
                    "burn_in_units": {"type": "integer", "minimum": 0},
                },
                "metric",
            )
        ),
    }


def _plan() -> Schema:
    whole: Schema = {"type": "integer", "minimum": 0}
    return {
        "method": _choice(Method),
        "alpha": _number(0, 0.5),
        "horizon": _choice(Horizon),
        "power": _number(0.5, 0.999),
        "mde": _number(0, 10),
        "minimum_runtime_days": whole,
        "minimum_units": whole,
        "cuped_days": whole,
        "covariates": _many(_text()),
        "correction": _choice(Correction),
        "spending": _choice(Spending),
        "spending_rho": _number(0, 20),
        "looks": whole,
        "planned_units": whole,
        "tuning_n": whole,
        "prior_sd": _nullable(_number(0, 100)),
        "post_stratify_by": _text(),
        "srm_threshold": _number(0, 0.5),
    }


def _closed(properties: Schema, *required: str) -> Schema:
    found: Schema = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    return {**found, "required": list(required)} if required else found


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _text() -> Schema:
    return {"type": "string"}


def _moment() -> Schema:
    return {"type": "string", "format": "date-time"}


def _number(least: float, most: float) -> Schema:
    return {"type": "number", "minimum": least, "maximum": most}


def _choice(values: type[StrEnum]) -> Schema:
    return {"type": "string", "enum": [each.value for each in values]}


def _many(item: Schema, *, least: int = 0) -> Schema:
    found: Schema = {"type": "array", "items": item}
    return {**found, "minItems": least} if least else found


def _nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}
