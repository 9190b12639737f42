"""What a definition as a whole must keep."""

from apps.experiments.contracts.metrics import (
    Aggregation,
    Fact,
    MetricDefinition,
    MetricInvalid,
    MetricKind,
)

MOST_STEPS = 10
FEWEST_STEPS = 2
LONGEST_WINDOW_HOURS = 24.0 * 365
LONGEST_RETENTION_DAYS = 365
_CAPPED = frozenset({MetricKind.MEAN, MetricKind.RATIO})
_COUNTED_ONLY = frozenset({MetricKind.PROPORTION, MetricKind.RETENTION})


def definition_check(definition: MetricDefinition) -> None:
    """Refuse what could not be computed, or would not mean what it says.

    Raises:
        MetricInvalid: naming the field.
    """
    _parts_check(definition)
    _caps_check(definition)
    _window_check(definition)
    if not 0 < definition.quantile < 1:
        raise MetricInvalid("quantile", "must lie between 0 and 1")
    if not definition.missing_is_zero and definition.kind not in {
        MetricKind.MEAN,
        MetricKind.QUANTILE,
    }:
        raise MetricInvalid("missing_is_zero", "only means and quantiles can leave units out")
    _retention_check(definition)


def _parts_check(definition: MetricDefinition) -> None:
    kind = definition.kind
    if (kind is MetricKind.RATIO) != (definition.denominator is not None):
        words = "is required of a ratio" if kind is MetricKind.RATIO else "belongs to ratios only"
        raise MetricInvalid("denominator", words)
    if kind is not MetricKind.FUNNEL:
        if definition.steps:
            raise MetricInvalid("steps", "belong to funnels only")
    elif not FEWEST_STEPS <= len(definition.steps) <= MOST_STEPS:
        raise MetricInvalid("steps", f"must be {FEWEST_STEPS} to {MOST_STEPS} facts")
    elif definition.numerator != definition.steps[-1]:
        raise MetricInvalid("numerator", "must be the funnel's last step")
    for place, step in enumerate(definition.steps):
        _count_only(step, f"steps.{place}")
    if kind in _COUNTED_ONLY:
        _count_only(definition.numerator, "numerator")
    _seconds_check(definition)


def _count_only(fact: Fact, path: str) -> None:
    if fact.aggregation is not Aggregation.COUNT:
        raise MetricInvalid(f"{path}.aggregation", "must be count: only whether it happened")


def _seconds_check(definition: MetricDefinition) -> None:
    first = Aggregation.SECONDS_TO_FIRST
    if definition.denominator is not None and first in {
        definition.numerator.aggregation,
        definition.denominator.aggregation,
    }:
        raise MetricInvalid("numerator.aggregation", "seconds_to_first makes no ratio")
    if definition.numerator.aggregation is first and definition.missing_is_zero:
        raise MetricInvalid(
            "missing_is_zero", "must be false: a unit without a row has no time to it"
        )


def _caps_check(definition: MetricDefinition) -> None:
    value, percentile = definition.cap_value, definition.cap_percentile
    for name, cap in (("cap_value", value), ("cap_percentile", percentile)):
        if cap is not None and definition.kind not in _CAPPED:
            raise MetricInvalid(name, "only totals of means and ratios are capped")
    if value is not None and value <= 0:
        raise MetricInvalid("cap_value", "must be above 0")
    if percentile is not None and not 0 < percentile < 1:
        raise MetricInvalid("cap_percentile", "must lie between 0 and 1")
    if value is not None and percentile is not None:
        raise MetricInvalid("cap_percentile", "choose a cap by value or by percentile, not both")


def _window_check(definition: MetricDefinition) -> None:
    hours = definition.window_hours
    if hours is not None and not 0 < hours <= LONGEST_WINDOW_HOURS:
        raise MetricInvalid("window_hours", f"must lie in (0, {LONGEST_WINDOW_HOURS:g}]")
    if hours is not None and definition.kind is MetricKind.RETENTION:
        raise MetricInvalid("window_hours", "retention counts days; it has no window")


def _retention_check(definition: MetricDefinition) -> None:
    low, high = definition.retention_from_day, definition.retention_to_day
    if not 0 <= low < LONGEST_RETENTION_DAYS:
        raise MetricInvalid("retention_from_day", "must be a day from 0 to 364")
    if not low < high <= LONGEST_RETENTION_DAYS:
        raise MetricInvalid("retention_to_day", "must come after retention_from_day, at most 365")
