"""Which names of posted conversions anything counts."""

from collections.abc import Mapping

from apps.events.contracts import EventType
from apps.experiments.contracts.metrics import (
    Fact,
    FactSource,
    FilterValue,
    MetricDefinition,
    Operator,
)

# `name` of conversions is the attribute `metric` of the event.
_NAMED_BY = frozenset({"name", "attributes.metric"})


def conversion_names(definitions: Mapping[str, MetricDefinition]) -> frozenset[str] | None:
    """The names that metrics read, and their keys; None when one reads conversions of any name.

    Args:
        definitions: by the key of their metric.
    """
    names = set(definitions)
    for definition in definitions.values():
        for fact in _facts(definition):
            if not _reads_conversions(fact):
                continue
            asked = _names(fact)
            if asked is None:
                return None
            names |= asked
    return frozenset(names)


def _facts(definition: MetricDefinition) -> tuple[Fact, ...]:
    denominator = () if definition.denominator is None else (definition.denominator,)
    return (definition.numerator, *denominator, *definition.steps)


def _reads_conversions(fact: Fact) -> bool:
    return fact.source is FactSource.CONVERSIONS or (
        fact.source is FactSource.EVENTS and EventType.CONVERSION.value in fact.event_types
    )


def _names(fact: Fact) -> set[str] | None:
    found = [
        _texts(each.value)
        for each in fact.filters
        if each.field in _NAMED_BY and each.operator in {Operator.EQUALS, Operator.IN}
    ]
    return set.intersection(*found) if found else None


def _texts(value: FilterValue) -> set[str]:
    if isinstance(value, tuple):
        return set(value)
    return {value} if isinstance(value, str) else set()
