"""What search is asked, and what it answers. Positions are 1-based everywhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from apps.catalog.contracts import FacetValue, FilterSet, ProductDocument
from apps.ranking.contracts import HitRecord
from apps.ranking_weights.contracts import ResolvedWeights
from apps.search.contracts_asker import Asker, Followed
from apps.search.contracts_rules import NO_RULES_ACTED, RulesActed
from apps.search.contracts_understanding import UNREAD, Understanding

MOST_QUERY_CHARACTERS = 256
MOST_PER_PAGE = 100
DEFAULT_PER_PAGE = 20
DEEPEST_HIT = 10_000


class Sort(StrEnum):
    """The order of the hits; a leading minus is descending."""

    RELEVANCE = "relevance"
    PRICE = "price"
    PRICE_DESCENDING = "-price"
    NEWEST = "newest"
    POPULARITY = "popularity"


class FusionMethod(StrEnum):
    """How the keyword and the semantic list become one."""

    RRF = "rrf"
    WEIGHTED = "weighted"
    MAX = "max"


class KeywordMode(StrEnum):
    """What the keyword list holds."""

    ALL_TERMS = "all_terms"
    RELAXED = "relaxed"
    NONE = "none"
    BROWSE = "browse"


class Fallback(StrEnum):
    """What answers where no product is called by the query's words."""

    MENTIONED = "mentioned"
    SEMANTIC = "semantic"
    CATEGORY_POPULAR = "category_popular"


class ParameterUnknown(ValueError):
    """A parameter, filter, facet or sort that does not exist; `parameter` names it."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter


class ParameterInvalid(ValueError):
    """A known parameter with a value that cannot be used; `parameter` names it."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """One search, parsed and checked.

    Attributes:
        query: as typed; empty browses.
        page: 1-based.
        per_page: hits a page.
        sort: the order.
        filters: AND between fields, OR inside a field.
        filters_asked: the same as the caller wrote them, field to values.
        facets: fields to count.
        attributes: what the caller says about the request (`attributes[device]=mobile`).
        explain: whether each hit carries its record.
        spell: whether the query may be corrected; false insists on it as typed.
        understand: whether filters and boosts may be read out of the query.
        drop: names (`field:value`) of those that are not wanted.
        asker: on whose behalf.
        weights_override: weights of a preview instead of the published ones.
        degraded: what was missing already before search began (at the edge).
        logged: whether the query log gets an entry; previews and evaluations do without.
        experimented: whether running experiments take part.
        qa: signed tokens of QA, each asking for one variant.
        sticky: the token of first assignments that the client sends back.
        stored: first assignments as the edge read them, by key; None: Redis did not answer.
        query_id: of the answer to be given once more (why this?); None for a new one.
        follows: whose history and visit may count; None: nobody's.
    """

    query: str = ""
    page: int = 1
    per_page: int = DEFAULT_PER_PAGE
    sort: Sort = Sort.RELEVANCE
    filters: FilterSet = field(default_factory=FilterSet)
    filters_asked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    facets: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    explain: bool = False
    spell: bool = True
    understand: bool = True
    drop: tuple[str, ...] = ()
    asker: Asker = field(default_factory=Asker)
    weights_override: Mapping[str, float] | None = None
    degraded: tuple[str, ...] = ()
    logged: bool = True
    experimented: bool = True
    qa: str = ""
    sticky: str = ""
    stored: Mapping[str, Mapping[str, str]] | None = field(default_factory=dict)
    query_id: UUID | None = None
    follows: Followed | None = None


@dataclass(frozen=True, slots=True, eq=False)
class RankedList:
    """Rows of the serving snapshot, best first, each once, with the engine's own scores.

    Attributes:
        rows: int32[m].
        scores: float32[m], descending.
    """

    rows: NDArray[np.int32]
    scores: NDArray[np.float32]

    def __len__(self) -> int:
        """How many rows."""
        return len(self.rows)

    @classmethod
    def empty(cls) -> "RankedList":
        """A list without rows."""
        return cls(np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32))


@dataclass(frozen=True, slots=True)
class DetectedCategory:
    """Where most of the best candidates stand.

    Attributes:
        path: the category.
        share: of the best candidates that stand in it, in [0, 1].
    """

    path: str
    share: float


@dataclass(frozen=True, slots=True)
class Hit:
    """One product of the answer.

    Attributes:
        position: 1-based over all pages.
        score: what it was ordered by under `relevance`.
        document: what is shown.
        highlights: field to escaped HTML with `<mark>`.
        record: why it stands here; None unless asked for.
    """

    position: int
    score: float
    document: ProductDocument
    highlights: Mapping[str, str]
    record: HitRecord | None = None


@dataclass(frozen=True, slots=True)
class FacetLine:
    """One value of a facet.

    Attributes:
        value: what `filter[<field>]=` takes.
        label: for people.
        count: products over the full match set, filters of other fields applied.
        selected: whether the request filters by it.
    """

    value: str
    label: str
    count: int
    selected: bool

    @classmethod
    def of(cls, value: FacetValue, selected: frozenset[str]) -> "FacetLine":
        """The line of a counted value."""
        return cls(value.value, value.label, value.count, value.value in selected)


@dataclass(frozen=True, slots=True)
class Matching:
    """How the candidates were found.

    Attributes:
        keyword: what the keyword list holds.
        semantic: whether the semantic list took part.
        relaxed: words that had to be given up: no product of the answer holds all of them.
        fallback: what answers where no product is called by the words; None: some are.
        popular_in: path of the category whose popular products answer; None: none do.
    """

    keyword: KeywordMode
    semantic: bool
    relaxed: tuple[str, ...] = ()
    fallback: Fallback | None = None
    popular_in: str | None = None

    @property
    def step(self) -> str:
        """How the query had to be widened: `relaxed`, or the fallback; empty: it had not."""
        return self.fallback.value if self.fallback else "relaxed" if self.relaxed else ""


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """One answered search.

    Attributes:
        query_id: UUIDv7; events of this answer carry it.
        found: products over all pages.
        pages: how many pages can be asked for (at most 10,000 hits deep).
        took_ms: milliseconds inside search.
        facets: field to its lines.
        category: where most of the best candidates stand, if anywhere.
        weights: the one set of this request.
        applied_rules: names of merchandising rules that acted.
        experiments: assignments that acted.
        degraded: what was missing: `keyword`, `semantic`, `catalog`, `weights`, `redis`.
        versions: name to number of what was in force.
        sticky: the token of first assignments to send back next time; empty for none.
        understanding: how the query was read; what was extracted as it acted in the end.
        swap: position of the upper one of two neighbours that were exchanged; None: none were.
        rules: what merchandising rules did.
    """

    query: str
    query_id: UUID
    page: int
    per_page: int
    pages: int
    found: int
    took_ms: float
    sort: Sort
    hits: tuple[Hit, ...]
    facets: Mapping[str, tuple[FacetLine, ...]]
    category: DetectedCategory | None
    weights: ResolvedWeights
    matching: Matching
    applied_rules: tuple[str, ...]
    experiments: tuple[Mapping[str, object], ...]
    degraded: tuple[str, ...]
    versions: Mapping[str, int]
    sticky: str = ""
    understanding: Understanding = UNREAD
    swap: int | None = None
    rules: RulesActed = NO_RULES_ACTED


Parameters = Mapping[str, Sequence[str]]
