"""Judgement lists and evaluation runs as they cross this app's boundary."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]
Judgements = Mapping[str, Mapping[str, int]]
"""Query → product id → rating."""
LOWEST_SCALE, HIGHEST_SCALE = 3, 4


class JudgementSource(StrEnum):
    """Where ratings come from."""

    HUMAN = "human"
    IMPLICIT = "implicit"


class EvaluationStatus(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


class JudgementsInvalid(ValueError):
    """A judgement list that cannot be read; the message names the lines.

    Attributes:
        lines: (line, what is wrong with it), the first ones.
    """

    def __init__(self, message: str, lines: Sequence[tuple[int, str]] = ()) -> None:
        """Keep the lines beside the message."""
        super().__init__(message)
        self.lines = tuple(lines)


class ConfigurationInvalid(ValueError):
    """A configuration that names nothing that can be run; `field` is the part at fault."""

    def __init__(self, field: str, message: str) -> None:
        """Keep the part beside the message."""
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Configuration:
    """What is evaluated.

    Attributes:
        system: `served`, or one of its parts: `keyword`, `semantic`, `hybrid` …
        payload: what a variant of an experiment on search would change; only with `served`.
        draft_kind: kind of an unpublished version that is taken for published; empty: none.
        draft_id: that version's row.
    """

    system: str = "served"
    payload: Json = None
    draft_kind: str = ""
    draft_id: int = 0

    @property
    def is_published(self) -> bool:
        """Whether it is what shoppers get."""
        return self == PUBLISHED


PUBLISHED = Configuration()


@dataclass(frozen=True, slots=True)
class ListHeading:
    """A list without its counts.

    Attributes:
        scale: ratings run from 0 to this.
    """

    id: int
    name: str
    scale: int


@dataclass(frozen=True, slots=True)
class ListView:
    """A judgement list.

    Attributes:
        name: unique.
        scale: the best rating, 3 or 4; the worst is 0.
        how: how the ratings came about: the guideline, or the click model with its figures.
        gate: whether publishing is checked on it.
        queries, judgements: how many; a query may wait without any.
        raters: by name; an import without raters is the empty name.
    """

    id: int
    name: str
    description: str
    scale: int
    source: JudgementSource
    how: str
    gate: bool
    queries: int
    judgements: int
    raters: tuple[str, ...]
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Rating:
    """One person's (or model's) rating of one product for one query."""

    query: str
    product_id: str
    rating: int
    rater: str = ""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did.

    Attributes:
        rows: lines read.
        stored: ratings that are new or changed.
        unchanged: ratings that were there already.
        queries: different ones in the file.
        unknown_products: different products that the catalogue does not hold; kept all the same.
    """

    list_name: str
    rows: int
    stored: int
    unchanged: int
    queries: int
    unknown_products: int


@dataclass(frozen=True, slots=True)
class MetricFigure:
    """A metric over the queries of a run.

    Attributes:
        mean: over queries; None over none.
        low, high: bootstrap bounds; None with fewer than two queries.
    """

    mean: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class QueryScore:
    """How one query was answered.

    Attributes:
        ranked: product ids, best first, at most 100.
        scores: metric to value; empty where no judged product is relevant.
    """

    query: str
    ranked: tuple[str, ...]
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class RunView:
    """One stored evaluation.

    Attributes:
        versions: name to number of what was in force.
        judged_as: fingerprint of the judgements: runs of different ones do not compare.
        queries: those with a relevant product.
        figures: metric to its figure; empty until finished.
        error: why it failed.
    """

    id: int
    list_id: int
    list_name: str
    label: str
    configuration: Configuration
    words: str
    versions: Mapping[str, int]
    judged_as: str
    status: EvaluationStatus
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    requested_by: str
    queries: int
    judgements: int
    figures: Mapping[str, MetricFigure] = field(default_factory=dict)
    error: str = ""
