"""A metric's definition as JSON becomes values, and values become JSON."""

from dataclasses import fields

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.metrics import (
    Direction,
    Fact,
    MetricDefinition,
    MetricInvalid,
    MetricKind,
)
from apps.experiments.domain.metrics.checks import definition_check
from apps.experiments.domain.metrics.facts import fact_read, fact_written
from apps.experiments.domain.metrics.primitives import (
    choice_read,
    fields_known,
    flag_read,
    number_read,
    object_read,
    text_read,
    texts_read,
)

FORMATS = ("percent", "number", "money", "seconds")
_FIELDS = tuple(field.name for field in fields(MetricDefinition))
_DEFAULT_FORMATS = {
    MetricKind.PROPORTION: "percent",
    MetricKind.RETENTION: "percent",
    MetricKind.FUNNEL: "percent",
}


def metric_read(document: Json) -> MetricDefinition:
    """The definition that a document means.

    A funnel without `numerator` takes its last step for it.

    Raises:
        MetricInvalid: naming the field.
    """
    given = object_read(document, "")
    fields_known(given, _FIELDS, "")
    kind = choice_read(given, "kind", MetricKind, None)
    steps = _steps(given)
    definition = MetricDefinition(
        title=text_read(given, "title", most=200, required=True),
        kind=kind,
        numerator=_numerator(given, kind, steps),
        denominator=_optional_fact(given, "denominator"),
        steps=steps,
        direction=choice_read(given, "direction", Direction, Direction.UP),
        window_hours=number_read(given, "window_hours"),
        cap_value=number_read(given, "cap_value"),
        cap_percentile=number_read(given, "cap_percentile"),
        quantile=_number(given, "quantile", 0.5),
        missing_is_zero=flag_read(given, "missing_is_zero", default=True),
        retention_from_day=_whole(given, "retention_from_day", 1),
        retention_to_day=_whole(given, "retention_to_day", 7),
        format=_format(given, kind),
        description=text_read(given, "description", most=2_000),
        tags=texts_read(given, "tags"),
    )
    definition_check(definition)
    return definition


def metric_written(definition: MetricDefinition) -> dict[str, Json]:
    """The document of a definition: `metric_read` gives the same definition back."""
    steps: list[Json] = [fact_written(step) for step in definition.steps]
    tags: list[Json] = list(definition.tags)
    denominator = definition.denominator
    return {
        "title": definition.title,
        "kind": definition.kind.value,
        "numerator": fact_written(definition.numerator),
        "denominator": None if denominator is None else fact_written(denominator),
        "steps": steps,
        "direction": definition.direction.value,
        "window_hours": definition.window_hours,
        "cap_value": definition.cap_value,
        "cap_percentile": definition.cap_percentile,
        "quantile": definition.quantile,
        "missing_is_zero": definition.missing_is_zero,
        "retention_from_day": definition.retention_from_day,
        "retention_to_day": definition.retention_to_day,
        "format": definition.format,
        "description": definition.description,
        "tags": tags,
    }


def _numerator(given: dict[str, Json], kind: MetricKind, steps: tuple[Fact, ...]) -> Fact:
    if given.get("numerator") is None and kind is MetricKind.FUNNEL and steps:
        return steps[-1]
    return fact_read(given.get("numerator"), "numerator")


def _optional_fact(given: dict[str, Json], name: str) -> Fact | None:
    found = given.get(name)
    return None if found is None else fact_read(found, name)


def _steps(given: dict[str, Json]) -> tuple[Fact, ...]:
    found = given.get("steps") or []
    if not isinstance(found, list):
        raise MetricInvalid("steps", "must be a list of facts")
    return tuple(fact_read(step, f"steps.{place}") for place, step in enumerate(found))


def _number(given: dict[str, Json], name: str, default: float) -> float:
    found = number_read(given, name)
    return default if found is None else found


def _whole(given: dict[str, Json], name: str, default: int) -> int:
    found = _number(given, name, float(default))
    if found != int(found):
        raise MetricInvalid(name, "must be a whole number")
    return int(found)


def _format(given: dict[str, Json], kind: MetricKind) -> str:
    found = text_read(given, "format", most=20) or _DEFAULT_FORMATS.get(kind, "number")
    if found not in FORMATS:
        raise MetricInvalid("format", f"must be one of {', '.join(FORMATS)}")
    return found
