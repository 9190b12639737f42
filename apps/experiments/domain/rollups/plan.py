"""What the roll-up of one experiment totals: numbered slots, and which metric reads which.

A slot is one number a unit and day: rows of a fact, a sum, a maximum, whether a funnel's step
was reached. Metrics share slots (CTR's clicks and a click count are one), so that every metric
of an experiment comes from one pass over each source.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from apps.experiments.contracts.metrics import (
    Aggregation,
    Fact,
    MetricDefinition,
    MetricKind,
    MetricVersionView,
)


class Measure(StrEnum):
    """How a slot's rows become a number; all but the extremes add up over days."""

    EXPOSURES = "exposures"
    ROWS = "rows"
    SUM = "sum"
    MAX = "max"
    DISTINCT = "distinct"
    SECONDS = "seconds"
    STEP = "step"


@dataclass(frozen=True, slots=True)
class Slot:
    """One number a unit and day.

    Attributes:
        measure: what it says.
        facts: the fact; for steps the funnel's facts up to and including this one; none for
            exposures.
        name: the metric's key, for facts of conversions, which are posted by metric; else "".
        window_hours: rows later than this after first exposure do not count.
        from_day, to_day: only rows of these days after first exposure (retention).
    """

    measure: Measure
    facts: tuple[Fact, ...] = ()
    name: str = ""
    window_hours: float | None = None
    from_day: int | None = None
    to_day: int | None = None

    @property
    def fact(self) -> Fact:
        """The fact whose rows are counted."""
        return self.facts[-1]


@dataclass(frozen=True, slots=True)
class MetricSlots:
    """Where a metric's numbers stand: places of slots, 1-based as in SQL.

    Attributes:
        key: of the metric.
        definition: its frozen definition.
        total: the numerator's total.
        rows: rows behind it.
        denominator: of ratios.
        steps: of funnels.
        covariates: places whose totals before exposure are the covariates, the own first.
    """

    key: str
    definition: MetricDefinition
    total: int
    rows: int
    denominator: int | None = None
    steps: tuple[int, ...] = ()
    covariates: tuple["Covariate", ...] = ()


@dataclass(frozen=True, slots=True)
class Covariate:
    """One covariate: a slot, whether only its presence counts, and a cap."""

    place: int
    presence: bool
    cap_value: float | None = None


@dataclass(frozen=True, slots=True)
class RollupPlan:
    """Slots (the first one counts exposures) and the metrics that read them."""

    slots: tuple[Slot, ...]
    metrics: tuple[MetricSlots, ...]


_PRESENCE = frozenset({MetricKind.PROPORTION, MetricKind.RETENTION, MetricKind.FUNNEL})
_MEASURES: Mapping[Aggregation, Measure] = {
    Aggregation.COUNT: Measure.ROWS,
    Aggregation.SUM: Measure.SUM,
    Aggregation.MAX: Measure.MAX,
    Aggregation.DISTINCT: Measure.DISTINCT,
    Aggregation.SECONDS_TO_FIRST: Measure.SECONDS,
}


def plan_of(
    metrics: Sequence[MetricVersionView], *, covariates: Sequence[str] = (), cuped: bool = False
) -> RollupPlan:
    """The plan of an experiment's metrics.

    Args:
        metrics: in the design's order; each key once.
        covariates: keys of further metrics whose totals before exposure are covariates.
        cuped: whether there is a window before exposure at all.
    """
    places: dict[Slot, int] = {Slot(Measure.EXPOSURES): 1}
    placed = [_placed(view, places) for view in metrics]
    if cuped:
        own = {one.key: _covariate(one) for one in placed}
        further = [key for key in dict.fromkeys(covariates) if key in own]
        placed = [
            replace(
                one,
                covariates=(own[one.key], *(own[key] for key in further if key != one.key)),
            )
            for one in placed
        ]
    return RollupPlan(tuple(places), tuple(placed))


def _placed(view: MetricVersionView, places: dict[Slot, int]) -> MetricSlots:
    definition = view.definition

    def place(slot: Slot) -> int:
        return places.setdefault(slot, len(places) + 1)

    frame = _frame(view)
    rows = place(replace(frame, measure=Measure.ROWS, facts=(_rows_of(definition.numerator),)))
    total = place(_total(frame, definition.numerator))
    denominator = definition.denominator
    steps = tuple(
        place(replace(frame, measure=Measure.STEP, facts=definition.steps[:reached]))
        for reached in range(1, len(definition.steps) + 1)
    )
    return MetricSlots(
        key=view.key,
        definition=definition,
        total=steps[-1] if steps else total,
        rows=rows,
        denominator=None if denominator is None else place(_total(frame, denominator)),
        steps=steps,
    )


def _frame(view: MetricVersionView) -> Slot:
    """What all slots of a metric share."""
    definition = view.definition
    retention = definition.kind is MetricKind.RETENTION
    posted = any(
        fact is not None and fact.source.value == "conversions"
        for fact in (definition.numerator, definition.denominator, *definition.steps)
    )
    return Slot(
        Measure.ROWS,
        name=view.key if posted else "",
        window_hours=definition.window_hours,
        from_day=definition.retention_from_day if retention else None,
        to_day=definition.retention_to_day if retention else None,
    )


def _total(frame: Slot, fact: Fact) -> Slot:
    measure = _MEASURES[fact.aggregation]
    facts = (_rows_of(fact),) if measure in {Measure.ROWS, Measure.SECONDS} else (fact,)
    return replace(frame, measure=measure, facts=facts)


def _rows_of(fact: Fact) -> Fact:
    """The same rows, counted."""
    return replace(fact, value="", aggregation=Aggregation.COUNT)


def _covariate(one: MetricSlots) -> Covariate:
    definition = one.definition
    seconds = definition.numerator.aggregation is Aggregation.SECONDS_TO_FIRST
    presence = definition.kind in _PRESENCE
    place = one.rows if presence or seconds else one.total
    return Covariate(place, presence, definition.cap_value)
