"""Definitions: what is read, what is written back, what is refused and where."""

from typing import Any

import pytest

from apps.experiments.contracts.metrics import (
    Aggregation,
    MetricDefinition,
    MetricInvalid,
    MetricKind,
)
from apps.experiments.domain.metrics.reading import metric_read, metric_written
from apps.experiments.domain.metrics.shipped import SHIPPED

PURCHASES: dict[str, Any] = {"source": "events", "event_types": ["purchase"]}
CLICKS: dict[str, Any] = {"source": "events", "event_types": ["click"]}
SUM: dict[str, Any] = {**PURCHASES, "value": "value"}
SEARCHES: dict[str, Any] = {"source": "searches"}
MEAN: dict[str, Any] = {"title": "Spend", "kind": "mean", "numerator": SUM}


def facts(**changes: Any) -> dict[str, Any]:
    return {**MEAN, "numerator": {**SUM, **changes}}


def filters(*given: Any, **changes: Any) -> dict[str, Any]:
    return facts(filters=list(given), **changes)


@pytest.mark.parametrize("definition", SHIPPED.values(), ids=list(SHIPPED))
def test_shipped_definitions_survive_the_round_trip(definition: MetricDefinition) -> None:
    assert metric_read(metric_written(definition)) == definition


def test_what_is_left_out_has_a_default() -> None:
    found = metric_read({"title": " Bought ", "kind": "proportion", "numerator": PURCHASES})
    assert (found.title, found.format, found.numerator.aggregation) == (
        "Bought", "percent", Aggregation.COUNT,
    )  # fmt: skip
    assert metric_read(MEAN).numerator.aggregation is Aggregation.SUM
    funnel: dict[str, Any] = {"title": "F", "kind": "funnel", "steps": [CLICKS, PURCHASES]}
    assert metric_read(funnel).kind is MetricKind.FUNNEL
    assert metric_read(funnel).numerator.event_types == ("purchase",)


def test_filters_of_every_kind_survive_the_round_trip() -> None:
    document = filters(
        {"field": "attributes.device", "operator": "in", "value": ["phone", "desk"]},
        {"field": "attributes.n", "operator": "gte", "value": 3},
        {"field": "position", "operator": "lte", "value": 10},
        {"field": "currency", "operator": "ne", "value": "EUR"},
        {"field": "attributes.gift", "operator": "exists", "value": False},
        {"field": "attributes.gift", "value": True},
        {"field": "product_id", "operator": "exists"},
    )
    definition = metric_read(document)
    assert metric_read(metric_written(definition)) == definition
    assert definition.numerator.filters[1].value == 3.0


REFUSED: dict[str, tuple[Any, str]] = {
    "no object": ([], "definition"),
    "unknown field": ({**MEAN, "titel": "x"}, "titel"),
    "no title": ({**MEAN, "title": " "}, "title"),
    "title no text": ({**MEAN, "title": 3}, "title"),
    "title too long": ({**MEAN, "title": "x" * 201}, "title"),
    "no kind": ({"title": "x", "numerator": SUM}, "kind"),
    "unknown kind": ({**MEAN, "kind": "sum"}, "kind"),
    "no numerator": ({"title": "x", "kind": "mean"}, "numerator"),
    "numerator no object": ({**MEAN, "numerator": 3}, "numerator"),
    "unknown fact field": (facts(typ="x"), "numerator.typ"),
    "no source": ({**MEAN, "numerator": {}}, "numerator.source"),
    "no event types": (facts(event_types=[]), "numerator.event_types"),
    "unknown event type": (facts(event_types=["exposure"]), "numerator.event_types"),
    "types no list": (facts(event_types="click"), "numerator.event_types"),
    "type no text": (facts(event_types=[3]), "numerator.event_types.0"),
    "type twice": (facts(event_types=["click", "click"]), "numerator.event_types"),
    "types of searches": (
        {**MEAN, "numerator": {**SEARCHES, "event_types": ["click"]}}, "numerator.event_types",
    ),
    "sum of nothing": (facts(value="", aggregation="sum"), "numerator.value"),
    "count of a value": (facts(aggregation="count"), "numerator.value"),
    "sum of text": (facts(value="currency"), "numerator.value"),
    "no such column": (facts(value="price"), "numerator.value"),
    "nameless attribute": (facts(value="attributes."), "numerator.value"),
    "filters no list": (facts(filters={}), "numerator.filters"),
    "filter no object": (filters(3), "numerator.filters.0"),
    "filter without field": (filters({"value": 3}), "numerator.filters.0.field"),
    "filter on nothing": (filters({"field": "x"}), "numerator.filters.0.field"),
    "unknown operator": (
        filters({"field": "value", "operator": "like"}), "numerator.filters.0.operator",
    ),
    "number is text": (filters({"field": "value", "value": "3"}), "numerator.filters.0.value"),
    "in of nothing": (
        filters({"field": "currency", "operator": "in", "value": []}),
        "numerator.filters.0.value",
    ),
    "in of a text": (
        filters({"field": "currency", "operator": "in", "value": "EUR"}),
        "numerator.filters.0.value",
    ),
    "order of a text": (
        filters({"field": "attributes.n", "operator": "gte", "value": "3"}),
        "numerator.filters.0.value",
    ),
    "exists of a number": (
        filters({"field": "attributes.n", "operator": "exists", "value": 3}),
        "numerator.filters.0.value",
    ),
    "value no scalar": (
        filters({"field": "attributes.n", "value": {}}), "numerator.filters.0.value",
    ),
    "ratio of one": ({**MEAN, "kind": "ratio"}, "denominator"),
    "mean of two": ({**MEAN, "denominator": SUM}, "denominator"),
    "steps of a mean": ({**MEAN, "steps": [CLICKS, PURCHASES]}, "steps"),
    "steps no list": ({**MEAN, "steps": {"a": 1}}, "steps"),
    "one step": ({"title": "F", "kind": "funnel", "steps": [CLICKS]}, "steps"),
    "another last step": (
        {"title": "F", "kind": "funnel", "steps": [CLICKS, PURCHASES], "numerator": CLICKS},
        "numerator",
    ),
    "summed step": (
        {"title": "F", "kind": "funnel", "steps": [SUM, PURCHASES]}, "steps.0.aggregation",
    ),
    "summed proportion": ({**MEAN, "kind": "proportion"}, "numerator.aggregation"),
    "seconds in a ratio": (
        {"title": "R", "kind": "ratio", "denominator": CLICKS,
         "numerator": {**CLICKS, "aggregation": "seconds_to_first"}},
        "numerator.aggregation",
    ),
    "seconds of nobody": (
        {**MEAN, "numerator": {**CLICKS, "aggregation": "seconds_to_first"}}, "missing_is_zero",
    ),
    "left out of a ratio": (
        {"title": "R", "kind": "ratio", "numerator": CLICKS, "denominator": CLICKS,
         "missing_is_zero": False},
        "missing_is_zero",
    ),
    "flag no flag": ({**MEAN, "missing_is_zero": 1}, "missing_is_zero"),
    "capped proportion": (
        {"title": "P", "kind": "proportion", "numerator": CLICKS, "cap_value": 3}, "cap_value",
    ),
    "cap below 0": ({**MEAN, "cap_value": -1}, "cap_value"),
    "cap no number": ({**MEAN, "cap_value": True}, "cap_value"),
    "cap above 1": ({**MEAN, "cap_percentile": 99}, "cap_percentile"),
    "two caps": ({**MEAN, "cap_percentile": 0.9, "cap_value": 3}, "cap_percentile"),
    "no window": ({**MEAN, "window_hours": 0}, "window_hours"),
    "quantile above 1": ({**MEAN, "quantile": 1}, "quantile"),
    "window of retention": (
        {"title": "R", "kind": "retention", "numerator": CLICKS, "window_hours": 3},
        "window_hours",
    ),
    "retention before": ({**MEAN, "retention_from_day": -1}, "retention_from_day"),
    "retention of no day": (
        {**MEAN, "retention_from_day": 3, "retention_to_day": 3}, "retention_to_day",
    ),
    "half a day": ({**MEAN, "retention_to_day": 2.5}, "retention_to_day"),
    "unknown format": ({**MEAN, "format": "euro"}, "format"),
}  # fmt: skip


@pytest.mark.parametrize(("document", "field"), REFUSED.values(), ids=list(REFUSED))
def test_what_cannot_be_computed_is_refused_by_field(document: Any, field: str) -> None:
    with pytest.raises(MetricInvalid) as error:
        metric_read(document)
    assert error.value.field == field
    assert error.value.message
