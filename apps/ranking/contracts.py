"""What goes into the ranking pipeline and what it answers. Positions are 1-based everywhere."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from apps.ranking_weights.contracts import ResolvedWeights

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

RuleKind = Literal["hide", "bury", "boost", "pin"]
StepKind = Literal["bury", "boost", "pin", "diversity", "interleaving", "swap"]
# Rules act in this order whatever order they are given in: hide beats pin.
RULE_ORDER: tuple[RuleKind, ...] = ("hide", "bury", "boost", "pin")
# The contribution that boosts and buries add to (or take from) the weighted sum.
RULES_CONTRIBUTION = "rules"


class RankingInputInvalid(ValueError):
    """Arrays that are not aligned, a value that is not finite, or a rule out of its range."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """What retrieval found; all arrays are aligned, one element a candidate, each row once.

    Attributes:
        rows: int32[m], rows of the serving snapshot.
        keyword_score: float32[m], the engine's own scale; nan: not in the keyword list.
        keyword_rank: int32[m], 1-based; 0: not in the keyword list.
        semantic_score: float32[m], cosine; nan: not in the semantic list.
        semantic_rank: int32[m], 1-based; 0: not in the semantic list.
        search_score: float32[m], the fused score in [0, 1].
    """

    rows: Int32
    keyword_score: Float32
    keyword_rank: Int32
    semantic_score: Float32
    semantic_rank: Int32
    search_score: Float32

    def __len__(self) -> int:
        """How many candidates."""
        return len(self.rows)


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One instruction about some products.

    Attributes:
        name: names it in steps and in `applied_rules`.
        kind: hide (leaves the answer), bury and boost (multiply the score), pin (fixes the rank).
        rows: int32[r], the snapshot's rows it concerns, each once; those of a pin take
            following positions, in their order.
        factor: bury: [0, 1), 0 puts behind everything else; boost: > 1; otherwise unused.
        position: pin: 1-based; otherwise unused.
        detail: in words, for the explanation.
    """

    name: str
    kind: RuleKind
    rows: Int32
    factor: float = 1.0
    position: int = 0
    detail: str = ""

    def __post_init__(self) -> None:
        """Refuse a factor or position outside of its kind's range."""
        wrong = (
            (self.kind == "bury" and not 0.0 <= self.factor < 1.0)
            or (self.kind == "boost" and not 1.0 < self.factor < float("inf"))
            or (self.kind == "pin" and self.position < 1)
        )
        if wrong:
            raise RankingInputInvalid(
                f"rule '{self.name}': {self.kind} with factor {self.factor}, "
                f"position {self.position}"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Diversity:
    """At most so many of one group among the first positions.

    Attributes:
        groups: int32[m], a code per candidate; negative: in no group, never held back.
        max_per_group: how many of one group the window may hold (pinned ones count).
        window: the first so many positions.
        name: what the groups are, for the explanation ("brand").
    """

    groups: Int32
    max_per_group: int
    window: int
    name: str = "group"

    def __post_init__(self) -> None:
        """Refuse limits that would hold nothing."""
        if self.max_per_group < 1 or self.window < 1:
            raise RankingInputInvalid("diversity needs max_per_group and window of at least 1")


@dataclass(frozen=True, slots=True)
class Step:
    """One rule's or diversity's effect on one hit.

    Attributes:
        kind: what acted.
        rule: the rule's name; for diversity, what its groups are; for interleaving, the
            experiment; for a swap, `neighbours`.
        from_rank: 1-based, before; for interleaving, in the ranking that the hit comes from.
        to_rank: 1-based, after; equal when it acted without moving the hit.
        detail: in words.
    """

    kind: StepKind
    rule: str
    from_rank: int
    to_rank: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Hidden:
    """A candidate that a rule took out of the answer.

    Attributes:
        row: the snapshot's row.
        rule: the rule's name.
        from_rank: 1-based, where it would have stood without any rule.
    """

    row: int
    rule: str
    from_rank: int


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """The pipeline's answer and its own record; nothing in it is computed twice.

    Attributes:
        order: int32[v], indices into the candidates, best first, without hidden ones.
        scores: float64[m] by candidate, after boosts and buries.
        contributions: float64[m, f] by candidate; each row sums to its score.
        feature_names: f names of the contributions' columns; `rules` is the last when rules
            changed scores.
        steps: candidate's index → what moved it, in the order it happened; with rules worked
            out when it is asked for.
        hidden: who left, and why; likewise.
        applied_rules: names of the rules that acted on at least one candidate.
        candidates: the input.
        features: the input, feature → float32[m].
        weights: the input.
        pinned: candidate's index → 1-based position, of those that a pin holds there.
    """

    order: Int32
    scores: Float64
    contributions: Float64
    feature_names: tuple[str, ...]
    steps: Mapping[int, tuple[Step, ...]]
    hidden: Collection[Hidden]
    applied_rules: tuple[str, ...]
    candidates: Candidates
    features: Mapping[str, Float32]
    weights: ResolvedWeights
    pinned: Mapping[int, int] = field(default_factory=dict)

    def rows_ranked(self) -> Int32:
        """int32[v]: the snapshot's rows, best first."""
        return self.candidates.rows[self.order]


@dataclass(frozen=True, slots=True)
class SearchBoost:
    """Something that the query names and the product has.

    Attributes:
        name: for people, such as "Brand: Sony".
        added: to the search score.
    """

    name: str
    added: float


@dataclass(frozen=True, slots=True)
class WordMatch:
    """A word of the query that the product does not hold, but something that stands for it.

    Attributes:
        word: of the query, or the phrase.
        matched: what the product holds.
        kind: why it stands for it: `synonym`, `abbreviation`, `joined`, `split`, `correction`.
        weight: what that counts against the word itself.
    """

    word: str
    matched: str
    kind: str
    weight: float


@dataclass(frozen=True, slots=True)
class SearchPart:
    """The search score and its two sources.

    Attributes:
        value: fused, [0, 1].
        keyword: the keyword engine's score; None: the product was not in its list.
        semantic: cosine similarity; None: the product was not in its list.
        keyword_rank: 1-based; None likewise.
        semantic_rank: 1-based; None likewise.
        found: what being found counts for in the value; None: all of it, nothing is boosted.
        boosts: what the query names; with `found` they sum to the value.
        words: which words matched by something that stands for them.
    """

    value: float
    keyword: float | None
    semantic: float | None
    keyword_rank: int | None
    semantic_rank: int | None
    found: float | None = None
    boosts: tuple[SearchBoost, ...] = ()
    words: tuple[WordMatch, ...] = ()


@dataclass(frozen=True, slots=True)
class Acted:
    """A variant of an experiment that acted on the whole answer.

    Attributes:
        experiment: its key.
        variant: its key; `interleaved` while both are shown.
        turns: what the experiment turns, such as `weights` or `fusion`.
    """

    experiment: str
    variant: str
    turns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HitRecord:
    """Why one hit stands where it stands.

    Attributes:
        row: the snapshot's row.
        position: 1-based.
        final_score: what it was ordered by (pins and diversity aside).
        search: the search score's parts.
        features: every weighed or shared-out feature but the search score → its value in
            [0, 1]; None when the feature has no source.
        weights: the set that was used, and where it came from.
        contributions: feature → weight · value; sums to `final_score`.
        steps: what moved it, in order.
        reason: the same in words.
        experiments: whose variants acted on the answer.
        because: what of the shopper speaks for it, a sentence each.
    """

    row: int
    position: int
    final_score: float
    search: SearchPart
    features: Mapping[str, float | None]
    weights: ResolvedWeights
    contributions: Mapping[str, float]
    steps: tuple[Step, ...]
    reason: str = ""
    experiments: tuple[Acted, ...] = ()
    because: tuple[str, ...] = ()
