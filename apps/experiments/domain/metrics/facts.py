"""Facts of a metric: reading, writing, and what makes one impossible."""

from collections.abc import Mapping
from dataclasses import fields

from apps.events.contracts import EventType
from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.metrics import (
    Aggregation,
    Fact,
    FactFilter,
    FactSource,
    FilterValue,
    MetricInvalid,
    Operator,
)
from apps.experiments.domain.metrics.columns import (
    COLUMNS,
    ColumnType,
    attribute_name,
    column_type,
    field_exists,
)
from apps.experiments.domain.metrics.primitives import (
    choice_read,
    fields_known,
    object_read,
    text_read,
    texts_read,
)

MOST_FILTERS = 10
_FACT_FIELDS = tuple(field.name for field in fields(Fact))
_FILTER_FIELDS = tuple(field.name for field in fields(FactFilter))
_ORDERED = frozenset({Operator.AT_LEAST, Operator.AT_MOST})
_SUMMED = frozenset({Aggregation.SUM, Aggregation.MAX})
_COMPARED: Mapping[ColumnType, tuple[type, ...]] = {
    ColumnType.NUMBER: (float,),
    ColumnType.TEXT: (str, tuple),
    ColumnType.FLAG: (bool,),
}
_COUNTABLE_TYPES = frozenset(set(EventType) - {EventType.EXPOSURE})


def fact_read(document: Json, path: str) -> Fact:
    """The fact that a document means.

    Raises:
        MetricInvalid: naming the field.
    """
    if document is None:
        raise MetricInvalid(path, "is required")
    given = object_read(document, path)
    fields_known(given, _FACT_FIELDS, path)
    source = choice_read(given, "source", FactSource, None, path)
    value = text_read(given, "value", most=100, path=path)
    usual = Aggregation.SUM if value else Aggregation.COUNT
    fact = Fact(
        source=source,
        event_types=_types(texts_read(given, "event_types", path), source, path),
        filters=_filters(given.get("filters"), source, path),
        value=value,
        aggregation=choice_read(given, "aggregation", Aggregation, usual, path),
    )
    _value_check(fact, path)
    return fact


def fact_written(fact: Fact) -> dict[str, Json]:
    """The document of a fact."""
    types: list[Json] = list(fact.event_types)
    filters: list[Json] = [
        {
            "field": one.field,
            "operator": one.operator.value,
            "value": list(one.value) if isinstance(one.value, tuple) else one.value,
        }
        for one in fact.filters
    ]
    return {
        "source": fact.source.value,
        "event_types": types,
        "filters": filters,
        "value": fact.value,
        "aggregation": fact.aggregation.value,
    }


def _types(found: tuple[str, ...], source: FactSource, path: str) -> tuple[str, ...]:
    if source is not FactSource.EVENTS:
        if found:
            raise MetricInvalid(f"{path}.event_types", "only rows of events have a type")
        return ()
    known = {kind.value for kind in _COUNTABLE_TYPES}
    unknown = [name for name in found if name not in known]
    if unknown or not found:
        raise MetricInvalid(
            f"{path}.event_types", f"must name one or more of {', '.join(sorted(known))}"
        )
    return found


def _filters(found: Json, source: FactSource, path: str) -> tuple[FactFilter, ...]:
    if found is None:
        return ()
    if not isinstance(found, list) or len(found) > MOST_FILTERS:
        raise MetricInvalid(f"{path}.filters", f"must be a list of at most {MOST_FILTERS}")
    return tuple(
        _filter(one, source, f"{path}.filters.{place}") for place, one in enumerate(found)
    )


def _filter(document: Json, source: FactSource, path: str) -> FactFilter:
    given = object_read(document, path)
    fields_known(given, _FILTER_FIELDS, path)
    field = text_read(given, "field", most=100, required=True, path=path)
    _field_check(source, field, f"{path}.field")
    operator = choice_read(given, "operator", Operator, Operator.EQUALS, path)
    value = _filter_value(given.get("value", True), operator, f"{path}.value")
    _comparable(source, field, operator, value, path)
    return FactFilter(field, operator, value)


def _filter_value(found: Json, operator: Operator, path: str) -> FilterValue:
    if operator is Operator.IN:
        values = texts_read({"value": found}, "value", path.removesuffix(".value"))
        if not values:
            raise MetricInvalid(path, "must be a list of texts")
        return values
    if operator is Operator.EXISTS:
        if not isinstance(found, bool):
            raise MetricInvalid(path, "must be true or false")
        return found
    if operator in _ORDERED and (isinstance(found, bool) or not isinstance(found, int | float)):
        raise MetricInvalid(path, "must be a number")
    if isinstance(found, bool | str):
        return found
    if isinstance(found, int | float):
        return float(found)
    raise MetricInvalid(path, "must be text, a number, true or false")


def _comparable(
    source: FactSource, field: str, operator: Operator, value: FilterValue, path: str
) -> None:
    """Refuse a comparison that the column's type cannot answer; attributes are any JSON."""
    kind = column_type(source, field)
    if kind is None or operator is Operator.EXISTS:
        return
    if not isinstance(value, _COMPARED[kind]):
        raise MetricInvalid(f"{path}.value", f"must be a {kind.value}: {field} is one")


def _field_check(source: FactSource, field: str, path: str) -> None:
    if not field_exists(source, field):
        known = ", ".join(sorted(COLUMNS[source]))
        raise MetricInvalid(path, f"{source.value} have no '{field}'; they have {known}")


def _value_check(fact: Fact, path: str) -> None:
    where = f"{path}.value"
    if fact.aggregation in {Aggregation.COUNT, Aggregation.SECONDS_TO_FIRST}:
        if fact.value:
            raise MetricInvalid(where, f"{fact.aggregation.value} reads no value; leave it empty")
        return
    if not fact.value:
        raise MetricInvalid(where, f"is required: {fact.aggregation.value} needs a column")
    _field_check(fact.source, fact.value, where)
    summable = attribute_name(fact.value) or column_type(fact.source, fact.value) in {
        ColumnType.NUMBER,
        ColumnType.FLAG,
    }
    if fact.aggregation in _SUMMED and not summable:
        raise MetricInvalid(where, f"'{fact.value}' is no number")
