"""Rows of a result table: one per metric and treatment, every cell with its origin."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from apps.experiments.domain.charts.marks import Drawing
from apps.experiments.domain.pages.origins import OriginView


class Impact(StrEnum):
    """On which scale effects are shown."""

    RELATIVE = "relative"
    ABSOLUTE = "absolute"
    SCALED = "scaled"


@dataclass(frozen=True, slots=True)
class Cell:
    """A number, what stands beneath it, and the key of its origin (empty without one)."""

    text: str
    beneath: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One treatment of one metric.

    Attributes:
        tone: `better`, `worse` or `unclear`; of guardrails `safe`, `breached` or `unclear`.
        notes: small print (covariates, correction).
        state: why it cannot be computed; empty when it can.
    """

    variant: str
    name: str
    index: int
    control: Cell
    treatment: Cell
    evidence: Cell
    change: Cell
    picture: Drawing | None
    tone: str
    verdict: str
    notes: tuple[str, ...]
    state: str


@dataclass(frozen=True, slots=True)
class MetricRows:
    """A metric and its rows; `steps` is a funnel's table: head, then (variant, cells)."""

    key: str
    title: str
    role: str
    kind: str
    goal: str
    margin: str
    rows: tuple[ResultRow, ...]
    steps: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class ResultTable:
    """Rows that share their columns and, for relative effects, one axis."""

    metrics: tuple[MetricRows, ...]
    axis: Drawing | None
    evidence_head: str
    origins: tuple[OriginView, ...]


@dataclass(frozen=True, slots=True)
class TableOptions:
    """How a table is written.

    Attributes:
        names: variant key → name, control first.
        prefix: of the keys of origins, so that tables of one page do not share them.
        currency: of money; empty leaves it out.
    """

    names: Mapping[str, str]
    impact: Impact
    prefix: str = "r"
    currency: str = ""

    @property
    def control(self) -> str:
        """The control's name."""
        return next(iter(self.names.values()))

    def name(self, variant: str) -> str:
        """A variant's name; its key when it has none."""
        return self.names.get(variant) or variant
