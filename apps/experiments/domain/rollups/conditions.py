"""Facts and filters as SQL over the rows of `sources.py` (alias `r`)."""

from collections.abc import Mapping, Sequence

from apps.experiments.contracts.metrics import Fact, FactFilter, FactSource, Operator
from apps.experiments.domain.metrics.columns import attribute_name
from apps.experiments.domain.rollups.plan import Slot
from apps.experiments.domain.rollups.quoting import number_literal, text_literal, texts_literal

# A refund takes back what a purchase brought; it is stored with its money positive.
_SIGNED = "CASE WHEN r.type = 'refund' THEN -r.{0} ELSE r.{0} END"
_EVENT_COLUMNS: Mapping[str, str] = {
    "value": _SIGNED.format("value"),
    "quantity": _SIGNED.format("quantity"),
    "order_id": "coalesce(r.attributes->>'order_id', r.attributes->>'transaction_id',"
    " r.session_id, r.id::text)",
}
_CONVERSION_COLUMNS: Mapping[str, str] = {
    "value": "r.value",
    "name": "r.attributes->>'metric'",
}


def column_sql(source: FactSource, field: str) -> str:
    """A column of the source's rows."""
    if source is FactSource.EVENTS:
        return _EVENT_COLUMNS.get(field, f"r.{field}")
    if source is FactSource.CONVERSIONS:
        return _CONVERSION_COLUMNS[field]
    return f"r.{field}"


def number_sql(source: FactSource, field: str) -> str:
    """A column or attribute as a double; NULL where it is no number."""
    name = attribute_name(field)
    if name is None:
        return f"({column_sql(source, field)})::float8"
    quoted = text_literal(name)
    return (
        f"CASE jsonb_typeof(r.attributes->{quoted})"
        f" WHEN 'number' THEN (r.attributes->>{quoted})::float8"
        f" WHEN 'boolean' THEN (r.attributes->>{quoted})::boolean::int::float8 END"
    )


def flag_sql(source: FactSource, field: str) -> str:
    """A summable column: flags count as 0 and 1."""
    if source is FactSource.SEARCHES and field in {
        "zero_result",
        "clicked",
        "exited",
        "cache_hit",
    }:
        return f"r.{field}::int::float8"
    return number_sql(source, field)


def text_sql(source: FactSource, field: str) -> str:
    """A column or attribute as text."""
    name = attribute_name(field)
    if name is None:
        return f"({column_sql(source, field)})::text"
    return f"(r.attributes->>{text_literal(name)})"


def fact_sql(fact: Fact, name: str = "") -> str:
    """Whether a row is the fact's.

    Args:
        fact: what is counted.
        name: the metric's key, for conversions posted by metric.
    """
    parts = [_source_sql(fact, name), *(filter_sql(fact.source, one) for one in fact.filters)]
    return " AND ".join(part for part in parts if part) or "true"


def _source_sql(fact: Fact, name: str) -> str:
    if fact.source is FactSource.EVENTS:
        return type_sql(fact.event_types)
    if fact.source is FactSource.CONVERSIONS:
        named = any(one.field == "name" for one in fact.filters)
        posted = "" if named else f" AND r.attributes->>'metric' = {text_literal(name)}"
        return f"r.type = 'conversion' AND r.own{posted}"
    return ""


def type_sql(types: Sequence[str]) -> str:
    """Whether a row is of one of these types."""
    if len(types) == 1:
        return f"r.type = {text_literal(types[0])}"
    return f"r.type = ANY ({texts_literal(types)})"


def filter_sql(source: FactSource, one: FactFilter) -> str:
    """One condition; never NULL, so that conditions can be negated and combined."""
    return f"coalesce({_comparison(source, one)}, false)"


def _comparison(source: FactSource, one: FactFilter) -> str:
    value = one.value
    if one.operator is Operator.EXISTS:
        return f"{text_sql(source, one.field)} IS {'NOT ' if value else ''}NULL"
    if isinstance(value, tuple):
        return f"{text_sql(source, one.field)} = ANY ({texts_literal(value)})"
    if isinstance(value, str):
        left, right = text_sql(source, one.field), text_literal(value)
    elif isinstance(value, bool):
        left, right = text_sql(source, one.field), text_literal(str(value).lower())
    else:
        left, right = number_sql(source, one.field), number_literal(value)
    signs = {
        Operator.EQUALS: "=",
        Operator.NOT_EQUALS: "IS DISTINCT FROM",
        Operator.AT_LEAST: ">=",
        Operator.AT_MOST: "<=",
    }
    return f"{left} {signs[one.operator]} {right}"


def within_sql(slot: Slot) -> str:
    """Whether a row after first exposure lies in the slot's window; empty: always."""
    parts = []
    if slot.window_hours is not None:
        seconds = number_literal(slot.window_hours * 3600)
        parts.append(f"r.t < r.first_at + {seconds} * interval '1 second'")
    if slot.from_day is not None:
        parts.append(f"r.t >= r.first_at + interval '{slot.from_day * 24} hours'")
    if slot.to_day is not None:
        parts.append(f"r.t < r.first_at + interval '{slot.to_day * 24} hours'")
    return " AND ".join(parts)


def slot_condition(slot: Slot) -> str:
    """Whether a row counts in a slot: before exposure by its fact, afterwards by window too."""
    within = within_sql(slot)
    fact = fact_sql(slot.fact, slot.name)
    return f"({fact}) AND (r.t < r.first_at OR ({within}))" if within else f"({fact})"
