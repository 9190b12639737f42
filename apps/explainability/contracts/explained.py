"""Why a product stands where it stands, or why it does not: typed, before any wording."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from apps.ranking.contracts import HitRecord


class Verdict(StrEnum):
    """What became of one product in one answer.

    `shown`: on the asked page. `outscored`: found, on a later (or an earlier) page. `hidden`: a
    rule took it out. `filtered`: a filter left it out; `out_of_stock` where that is the filter
    by availability alone. `not_retrieved`: neither list holds it. `inactive`, `unknown`: not to
    be found by anybody. `not_on_page`: a past answer's record does not hold it. `constrained`: a
    shelf's own constraint keeps it away.
    """

    SHOWN = "shown"
    OUTSCORED = "outscored"
    HIDDEN = "hidden"
    FILTERED = "filtered"
    OUT_OF_STOCK = "out_of_stock"
    NOT_RETRIEVED = "not_retrieved"
    INACTIVE = "inactive"
    UNKNOWN = "unknown"
    NOT_ON_PAGE = "not_on_page"
    CONSTRAINED = "constrained"


class Obstacle(StrEnum):
    """Why no change of one weight lifts a product to a place."""

    NONE = ""
    DOMINATED = "dominated"
    NO_SINGLE_WEIGHT = "no_single_weight"
    PINNED = "pinned"
    ALL_PLACES_PINNED = "all_places_pinned"
    BURIED = "buried"
    SORTED = "sorted"
    INTERLEAVED = "interleaved"
    POPULAR_INSTEAD = "popular_instead"


@dataclass(frozen=True, slots=True)
class WeightChange:
    """One weight changed, all others keeping their proportions, so that the sum stays 1.

    Attributes:
        feature: whose weight.
        before: the weight now.
        threshold: where the order changes: the weight must pass it.
        after: a weight just past it.
        weights: the whole set then.
        rank: 1-based, where the product stands then.
    """

    feature: str
    before: float
    threshold: float
    after: float
    weights: tuple[tuple[str, float], ...]
    rank: int


@dataclass(frozen=True, slots=True)
class Rise:
    """What it takes to stand at a rank or before it.

    Attributes:
        wanted_rank: 1-based.
        score_there: final score of the hit that stands there; None: nobody does.
        gap: how much less the product's own score is; 0 or less: it stands no worse by score.
        changes: each changes one weight; the smallest change first.
        obstacle: why there are none.
        ahead_always: how many hits stand before it whatever the weights are.
        verified_rank: 1-based, where the same pipeline put it under the first change; None: not
            asked.
    """

    wanted_rank: int
    score_there: float | None
    gap: float | None
    changes: tuple[WeightChange, ...] = ()
    obstacle: Obstacle = Obstacle.NONE
    ahead_always: int = 0
    verified_rank: int | None = None


@dataclass(frozen=True, slots=True)
class FilteredBy:
    """A filter that leaves the product out.

    Attributes:
        field: as in `filter[<field>]`; `rules` for one that a rule set.
        values: what it lets through.
        set_by: `request`, `query` (read out of its words) or the rule's key.
    """

    field: str
    values: tuple[str, ...]
    set_by: str


@dataclass(frozen=True, slots=True)
class KeywordLook:
    """The product by its words, against the whole catalogue.

    Attributes:
        rank: 1-based among all products that hold any word of the query; None: it holds none.
        of: how many do.
        score: the lexicon's, in [0, 1); None likewise.
        holds: words of the query that it holds, or something that stands for them.
        lacks: words that it does not.
    """

    rank: int | None
    of: int
    score: float | None
    holds: tuple[str, ...]
    lacks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SemanticLook:
    """The product by its meaning, against the whole catalogue.

    Attributes:
        rank: 1-based among all active products; None: it has no vector that was scanned.
        of: how many were scanned.
        similarity: cosine; None likewise.
        floor: the least similarity that is an answer here.
        within: how many the list may hold.
    """

    rank: int | None
    of: int
    similarity: float | None
    floor: float
    within: int


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a product stands in both lists.

    Attributes:
        keyword: None: there is no lexicon, or nothing to look for.
        semantic: None: there is no index or encoder, or nothing to look for.
    """

    keyword: KeywordLook | None
    semantic: SemanticLook | None


@dataclass(frozen=True, slots=True)
class HiddenBy:
    """The rule that took the product out.

    Attributes:
        rule: its key.
        from_rank: 1-based, where it would have stood without any rule.
    """

    rule: str
    from_rank: int


@dataclass(frozen=True, slots=True)
class Explained:
    """One product in one answer; fields that a verdict has no use for are empty.

    Attributes:
        product_id: as the shop names it.
        title: of the product; empty for an unknown one.
        verdict: what became of it.
        summary: the same in plain words, of these numbers only.
        rank: 1-based over all pages.
        page: 1-based, where it stands.
        record: why it has its score.
        hidden_by: of `hidden`.
        filtered_by: of `filtered` and `out_of_stock`; told as well of what was not retrieved.
        whereabouts: in both lists over the whole catalogue.
        rise: what it takes to come onto the asked page, or to the asked rank.
    """

    product_id: str
    title: str
    verdict: Verdict
    summary: str
    rank: int | None = None
    page: int | None = None
    record: HitRecord | None = None
    hidden_by: HiddenBy | None = None
    filtered_by: tuple[FilteredBy, ...] = ()
    whereabouts: Whereabouts | None = None
    rise: Rise | None = None


@dataclass(frozen=True, slots=True)
class AnswerTold:
    """The answer that a product is explained in.

    Attributes:
        source: `hypothetical`: made now, by the same pipeline; `kept_record`: as it was.
        query_id: of a past answer; empty for a hypothetical one.
        answered_at: ISO 8601 time of a past answer; empty for a hypothetical one.
        facts: what it says beside its hits: query, page, found, weights and the like.
    """

    source: str
    query_id: str
    answered_at: str
    facts: Mapping[str, object]
