"""The part of a metric's form that says which rows count, and what each is worth."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms

from apps.events.contracts import EventType
from apps.experiments.contracts.metrics import Aggregation, FactSource, Operator
from apps.experiments.domain.guided.targeting import value_read, value_written
from apps.experiments.domain.metrics.columns import COLUMNS
from apps.experiments.forms.fields import NamesField, select, text_area, text_input

FACT_FIELDS = ("source", "event_types", "aggregation", "value", "filters")
_SOURCES = {
    FactSource.EVENTS: "events: one row an event",
    FactSource.SEARCHES: "searches: one row an answered search",
    FactSource.SESSIONS: "sessions: one row a visit",
    FactSource.CONVERSIONS: "conversions: values posted by name",
}
_AGGREGATIONS = {
    Aggregation.COUNT: "count of rows",
    Aggregation.SUM: "sum of the column",
    Aggregation.MAX: "largest of the column",
    Aggregation.DISTINCT: "different values of the column",
    Aggregation.SECONDS_TO_FIRST: "seconds to the first row",
}
_OPERATORS = {each.value for each in Operator}
_PARTS = 3


class FiltersField(forms.CharField):
    """Conditions on a row, one a line: `column operator value`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            widget=text_area(2, spellcheck="false", placeholder="attributes.channel eq app"),
            **kwargs,
        )

    def prepare_value(self, value: Any) -> Any:
        return (
            "\n".join(_filter_line(each) for each in value) if isinstance(value, list) else value
        )

    def clean(self, value: Any) -> list[dict[str, Any]]:
        return [_filter_read(line) for line in super().clean(value).splitlines() if line.strip()]


def fact_fields(prefix: str, title: str) -> dict[str, forms.Field]:
    """The fields of one fact; none is required: which are needed depends on the kind."""
    columns = "; ".join(f"{source.value}: {', '.join(COLUMNS[source])}" for source in FactSource)
    types = ", ".join(each.value for each in EventType if each is not EventType.EXPOSURE)
    found: dict[str, forms.Field] = {
        "source": forms.ChoiceField(
            label=f"{title}: rows of",
            required=False,
            choices=[(each.value, words) for each, words in _SOURCES.items()],
            widget=select(),
        ),
        "event_types": NamesField(
            label="Types of events",
            required=False,
            help_text=f"For events only, any of them, parted by commas: {types}.",
        ),
        "aggregation": forms.ChoiceField(
            label="A unit's rows become",
            required=False,
            choices=[(each.value, words) for each, words in _AGGREGATIONS.items()],
            widget=select(),
        ),
        "value": forms.CharField(
            label="Column",
            required=False,
            widget=text_input(),
            help_text=f"For sums, largest and different values. {columns}; or attributes.….",
        ),
        "filters": FiltersField(
            label="Only rows where",
            required=False,
            help_text="One condition a line, all must hold: column, operator, value. "
            f"Operators: {', '.join(sorted(_OPERATORS))}. Lists of “in” are parted by commas.",
        ),
    }
    return {f"{prefix}_{name}": found[name] for name in FACT_FIELDS}


def fact_document(cleaned: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The fact that the filled fields mean, written out whole."""
    source = cleaned.get(f"{prefix}_source") or FactSource.EVENTS.value
    is_events = source == FactSource.EVENTS
    return {
        "source": source,
        "event_types": list(cleaned.get(f"{prefix}_event_types") or ()) if is_events else [],
        "filters": list(cleaned.get(f"{prefix}_filters") or ()),
        "value": cleaned.get(f"{prefix}_value") or "",
        "aggregation": cleaned.get(f"{prefix}_aggregation") or Aggregation.COUNT.value,
    }


def fact_initial(fact: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    """The fields of a stored fact."""
    for name in FACT_FIELDS:
        yield f"{prefix}_{name}", fact.get(name)


def step_document(event_type: str) -> dict[str, Any]:
    """A funnel's step: that an event of this type happened."""
    return {
        "source": FactSource.EVENTS.value,
        "event_types": [event_type],
        "filters": [],
        "value": "",
        "aggregation": Aggregation.COUNT.value,
    }


def step_initial(steps: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    """The steps of a stored funnel, as far as one event type says each."""
    for place, step in enumerate(steps):
        types = step.get("event_types") or []
        yield f"step_{place}", types[0] if len(types) == 1 else ""


def _filter_line(one: Any) -> str:
    value = one.get("value", True)
    words = ",".join(value) if isinstance(value, list) else value_written(value)
    return f"{one.get('field')} {one.get('operator')} {words}"


def _filter_read(line: str) -> dict[str, Any]:
    parts = line.split(None, _PARTS - 1)
    if len(parts) < _PARTS or parts[1] not in _OPERATORS:
        raise forms.ValidationError(
            f"“{line.strip()}”: write a column, one of {', '.join(sorted(_OPERATORS))}, a value."
        )
    field, operator, text = parts
    if operator == Operator.IN:
        value: Any = [each.strip() for each in text.split(",") if each.strip()]
    else:
        value = value_read(text)
    return {"field": field, "operator": operator, "value": value}
