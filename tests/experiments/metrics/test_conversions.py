from dataclasses import replace

from apps.experiments.contracts.metrics import (
    Fact,
    FactFilter,
    FactSource,
    MetricDefinition,
    MetricKind,
    Operator,
)
from apps.experiments.domain.metrics.conversions import conversion_names

CLICKS = Fact(FactSource.EVENTS, event_types=("click",))
LEADS = Fact(FactSource.CONVERSIONS, filters=(FactFilter("name", Operator.EQUALS, "leads"),))
MARGIN = Fact(
    FactSource.EVENTS,
    event_types=("conversion",),
    filters=(
        FactFilter("attributes.metric", Operator.IN, ("margin", "profit")),
        FactFilter("attributes.metric", Operator.NOT_EQUALS, "profit"),
    ),
)


def mean(numerator: Fact) -> MetricDefinition:
    return MetricDefinition("A metric", MetricKind.MEAN, numerator)


def test_names_are_those_that_metrics_filter_by_and_their_keys() -> None:
    ratio = replace(mean(MARGIN), kind=MetricKind.RATIO, denominator=LEADS)
    found = conversion_names({"clicks": mean(CLICKS), "leads_rate": ratio})
    assert found == frozenset({"clicks", "leads_rate", "leads", "margin", "profit"})


def test_a_metric_over_conversions_of_any_name_takes_every_name() -> None:
    assert conversion_names({"all": mean(Fact(FactSource.CONVERSIONS))}) is None


def test_a_number_is_no_name() -> None:
    odd = Fact(FactSource.CONVERSIONS, filters=(FactFilter("name", Operator.EQUALS, 3.0),))
    assert conversion_names({"odd": mean(odd)}) == frozenset({"odd"})
