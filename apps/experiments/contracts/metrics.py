"""A metric as people define it, without code."""

from dataclasses import dataclass, field
from enum import StrEnum


class MetricInvalid(ValueError):
    """A definition that cannot be stored: `field` is a dotted path into the document."""

    def __init__(self, path: str, message: str) -> None:
        """Keep the path beside the message."""
        super().__init__(message)
        self.field = path
        self.message = message


class MetricKind(StrEnum):
    """How units' totals become one number an arm."""

    PROPORTION = "proportion"
    MEAN = "mean"
    RATIO = "ratio"
    QUANTILE = "quantile"
    RETENTION = "retention"
    FUNNEL = "funnel"


class Direction(StrEnum):
    """Which way is good."""

    UP = "up"
    DOWN = "down"


class FactSource(StrEnum):
    """Where a fact's rows come from.

    events: one row an event. searches: one row an answered search (query log), with what came
    of it. sessions: one row a visit. conversions: values posted for a metric by name.
    """

    EVENTS = "events"
    SEARCHES = "searches"
    SESSIONS = "sessions"
    CONVERSIONS = "conversions"


class Aggregation(StrEnum):
    """How one unit's rows become its total.

    seconds_to_first is the time from first exposure to the unit's first row.
    """

    COUNT = "count"
    SUM = "sum"
    MAX = "max"
    DISTINCT = "distinct"
    SECONDS_TO_FIRST = "seconds_to_first"


class Operator(StrEnum):
    """How a filter compares."""

    EQUALS = "eq"
    NOT_EQUALS = "ne"
    IN = "in"
    AT_LEAST = "gte"
    AT_MOST = "lte"
    EXISTS = "exists"


FilterValue = str | float | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FactFilter:
    """One condition on a row: a column or `attributes.<name>`, an operator, a value."""

    field: str
    operator: Operator
    value: FilterValue = True


@dataclass(frozen=True, slots=True)
class Fact:
    """Rows of one source, and what each is worth.

    Attributes:
        source: where rows come from.
        event_types: of events; any of them. Empty for other sources.
        filters: all must hold.
        value: column or `attributes.<name>` that is summed; empty counts rows. Columns:
            events: `value`, `quantity`, `position`; searches: `zero_result`, `clicked`,
            `exited`, `click_ndcg`, `first_click_seconds`, `results_count`, `latency_ms`;
            sessions: `seconds`, `events`, `pages`, `searches`; conversions: `value`.
        aggregation: rows → one unit's total.
    """

    source: FactSource
    event_types: tuple[str, ...] = ()
    filters: tuple[FactFilter, ...] = ()
    value: str = ""
    aggregation: Aggregation = Aggregation.COUNT


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    """One metric.

    Attributes:
        title: for people.
        kind: proportion (any row → 1), mean (of units' totals), ratio (numerator's totals over
            denominator's), quantile (of units' totals), retention (any row in the days
            `[retention_from_day, retention_to_day)` after first exposure, over units that
            are old enough), funnel (all steps in order).
        numerator: the fact; a funnel's last step.
        denominator: ratios only.
        steps: funnels only: facts in order, at least two.
        direction: which way is good.
        window_hours: rows later than this after first exposure do not count; None: until the
            phase's salt ends.
        cap_value: a unit's total counts at most this much.
        cap_percentile: the same by percentile over all variants, in (0, 1).
        quantile: in (0, 1), quantiles only.
        missing_is_zero: whether units without a row count as 0 (means) or are left out
            (time to first click: only units that clicked have one).
        retention_from_day, retention_to_day: retention only.
        format: `percent`, `number`, `money` or `seconds`.
        description: what it means and when it misleads.
        tags: for lists.
    """

    title: str
    kind: MetricKind
    numerator: Fact
    denominator: Fact | None = None
    steps: tuple[Fact, ...] = ()
    direction: Direction = Direction.UP
    window_hours: float | None = None
    cap_value: float | None = None
    cap_percentile: float | None = None
    quantile: float = 0.5
    missing_is_zero: bool = True
    retention_from_day: int = 1
    retention_to_day: int = 7
    format: str = "number"
    description: str = ""
    tags: tuple[str, ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class MetricVersionView:
    """A definition with its key and version number."""

    key: str
    version: int
    definition: MetricDefinition
