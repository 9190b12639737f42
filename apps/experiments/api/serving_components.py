"""Bodies and answers of the serving routes as types, from which their schemas are derived."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from apps.common.api.openapi import json_anything, openapi_dialect
from apps.experiments.api.bodies import AssignMany, AssignUnit, QaLinkBody
from apps.experiments.domain.serving.reports import ConversionReport, ExposureReport

REFERENCE = "#/components/schemas/{name}"


class AssignAnswer(Struct, frozen=True):
    """One unit's variant. `value` is the payload, or the variant's key when it has none."""

    experiment: str
    unit: object
    variant: str
    value: object
    payload: object
    phase: int | None
    in_experiment: bool
    counted: bool
    reason: str
    sticky_token: str


class AssignOneAnswer(AssignAnswer, frozen=True):
    """One unit's variant, and what was missing on the way."""

    degraded: list[str]


class AssignManyAnswer(Struct, frozen=True):
    """One answer a unit, in the order of the request."""

    assignments: list[AssignAnswer]
    degraded: list[str]


class ServingItemError(Struct, frozen=True):
    """Why one item was refused; `index` counts from 0."""

    index: int
    field: str
    code: str
    message: str


class ExposureAnswer(Struct, frozen=True):
    """What became of a report; `expected` is the variant that this server's hash gives."""

    event_id: str | None
    counted: bool
    reason: str
    phase: int
    expected: str | None


class ExposuresAnswer(Struct, frozen=True):
    """`accepted` exposures count and are durable; those that do not count are not stored."""

    accepted: int
    receipts: list[ExposureAnswer | None]
    errors: list[ServingItemError]


class ConversionsAnswer(Struct, frozen=True):
    """What was accepted is durable."""

    accepted: int
    event_ids: list[str | None]
    errors: list[ServingItemError]


class TraceStepAnswer(Struct, frozen=True):
    """One question that assignment asked."""

    name: str
    passed: bool
    detail: dict[str, object]


class TraceAnswer(Struct, frozen=True):
    """Why a unit gets what it gets."""

    key: str
    variant: str
    index: int
    phase: int | None
    in_experiment: bool
    forced: bool
    reason: str
    trace: list[TraceStepAnswer]
    counted: bool
    as_of: datetime


class QaLinkAnswer(Struct, frozen=True):
    """Append `query` to an address of the shop, or send the token as `qa`."""

    experiment: str
    variant: str
    token: str
    expires_at: datetime
    query: str


class OfrepContext(Struct, frozen=True):
    """`context.targetingKey` names the unit; the rest is targeted."""

    context: dict[str, object] = msgspec.field(default_factory=dict)


class OfrepFlag(Struct, frozen=True):
    """A flag's value."""

    key: str
    value: object
    reason: str
    variant: str
    metadata: dict[str, object]


class OfrepFault(Struct, frozen=True):
    """Why a flag has none."""

    key: str
    errorCode: str  # noqa: N815 - the protocol's own name
    errorDetails: str  # noqa: N815 - the protocol's own name


class OfrepFaults(Struct, frozen=True):
    """Why no flag of a bulk request has a value."""

    errorCode: str  # noqa: N815 - the protocol's own name
    errorDetails: str  # noqa: N815 - the protocol's own name


class SdkFeatures(Struct, frozen=True):
    """GrowthBook's public format."""

    status: int
    features: dict[str, object]
    experiments: list[object]
    dateUpdated: datetime | None  # noqa: N815 - the format's own name


class ServingError(Struct, frozen=True):
    """The error shape of every route."""

    code: str
    message: str
    extra: dict[str, object]
    trace_id: str


_PLAIN = (
    AssignMany, AssignUnit, QaLinkBody, ConversionReport, ExposureReport, AssignOneAnswer,
    AssignManyAnswer, ExposuresAnswer, ConversionsAnswer, TraceAnswer, QaLinkAnswer,
    OfrepContext, OfrepFlag, OfrepFault, OfrepFaults, SdkFeatures, ServingError,
)  # fmt: skip


def json_schemas() -> dict[str, Any]:
    """JSON schemas by name; msgspec derives them from what validates."""
    _, found = msgspec.json.schema_components(
        _PLAIN, schema_hook=json_anything, ref_template=REFERENCE
    )
    # A value is a number or a text that says one; msgspec only tells of the text.
    value = found["ConversionReport"]["properties"]["value"]
    found["ConversionReport"]["properties"]["value"] = {
        "anyOf": [{**value, "default": "1"}, {"type": "number", "minimum": 0}]
    }
    either = [{"$ref": REFERENCE.format(name=name)} for name in ("OfrepFlag", "OfrepFault")]
    found["OfrepFlags"] = {
        "title": "OfrepFlags",
        "description": "Flags and faults, by key.",
        "type": "object",
        "properties": {"flags": {"type": "array", "items": {"anyOf": either}}},
        "required": ["flags"],
    }
    return found


def components() -> dict[str, Any]:
    """The schemas in OpenAPI's dialect."""
    return {name: openapi_dialect(schema) for name, schema in json_schemas().items()}
