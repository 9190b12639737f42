"""What rules did to whom, kept as arrays: the ranks in between are worked out when asked for.

A boost may act on thousands of candidates and a page shows twenty. So the pipeline notes only
whom each rule acted on; replaying the notes gives every step, rank by rank, to whoever explains.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from apps.ranking.contracts import Float64, Hidden, Int32, Int64, Rule, Step, StepKind
from apps.ranking.domain.scoring import order_by_score, ranks_of

Bool = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """One rule's or diversity's turn.

    Attributes:
        kind: what acted.
        rule: its name.
        members: int32[k], whom it acted on.
        before: int32[m], ranks before, 0 for hidden ones.
        after: int32[m], ranks after.
        detail: in words.
    """

    kind: StepKind
    rule: str
    members: Int32
    before: Int32
    after: Int32
    detail: str = ""


@dataclass(slots=True, eq=False)
class Trail:
    """The notes of one call of the pipeline.

    Attributes:
        rows: int32[m], the snapshot's row of each candidate.
        scores: float64[m], before any rule.
        tie_break: int64[m].
        first: int32[m], the order to begin with; None: by score.
        hides: rule and int32[k] whom it hid, in the order in which they acted.
        changes: rule and int32[k] whose score it multiplied, likewise.
        moves: of pins and diversity, which happen after.
    """

    rows: Int32
    scores: Float64
    tie_break: Int64
    first: Int32 | None = None
    hides: list[tuple[Rule, Int32]] = field(default_factory=list)
    changes: list[tuple[Rule, Int32]] = field(default_factory=list)
    moves: list[Stage] = field(default_factory=list)
    _stages: list[Stage] | None = None

    def base(self) -> Int32:
        """int32[m]: the order without any rule."""
        if self.first is not None:
            return self.first
        return order_by_score(self.scores, self.tie_break)

    def members(self) -> list[Int32]:
        """int32[k] each: whom each turn after hiding acted on."""
        return [*(targets for _, targets in self.changes), *(one.members for one in self.moves)]

    def stages(self) -> list[Stage]:
        """Every turn after hiding, in the order in which they happened."""
        if self._stages is None:
            self._stages = [*self._changes(), *self.moves]
        return self._stages

    def _changes(self) -> Iterator[Stage]:
        if not self.changes:
            return
        visible = np.ones(len(self.rows), dtype=np.bool_)
        for _, hidden in self.hides:
            visible[hidden] = False
        state = Rescored(self.scores, self.tie_break)
        before = ranks_of(state.order(visible, self.first), len(self.rows))
        for rule, targets in self.changes:
            state.multiply(rule, targets)
            after = ranks_of(state.order(visible, self.first), len(self.rows))
            kind: StepKind = "boost" if rule.kind == "boost" else "bury"
            yield Stage(kind, rule.name, targets, before, after, rule.detail)
            before = after


class Rescored:
    """Scores while rules multiply them; what is buried to nothing stands last."""

    __slots__ = ("_last", "effect", "scores", "tie_break")

    def __init__(self, scores: Float64, tie_break: Int64) -> None:
        """Begin with the weighted sums."""
        self.scores: Float64 = scores.copy()
        self.tie_break = tie_break
        self.effect: Float64 = np.zeros(len(scores))
        self._last: Bool | None = None

    def multiply(self, rule: Rule, targets: Int32) -> None:
        """Let a rule act on some candidates."""
        change = self.scores[targets] * (rule.factor - 1.0)
        self.effect[targets] += change
        self.scores[targets] += change
        if rule.factor == 0.0:
            if self._last is None:
                self._last = np.zeros(len(self.scores), dtype=np.bool_)
            self._last[targets] = True

    def order(self, visible: Bool | None, first: Int32 | None) -> Int32:
        """int32[v]: the visible ones, best first.

        Args:
            visible: bool[m]; None: all are.
            first: int32[m], the order that scores do not change; None: they make it.
        """
        order = order_by_score(self.scores, self.tie_break) if first is None else first
        if visible is not None:
            order = order[visible[order]]
        if self._last is None or first is not None:
            return order
        last = self._last[order]
        return np.concatenate([order[~last], order[last]])


class StepsOf(Mapping[int, tuple[Step, ...]]):
    """Candidate → its steps, made when they are asked for."""

    __slots__ = ("_trail",)

    def __init__(self, trail: Trail) -> None:
        """Of one call's notes."""
        self._trail = trail

    def __getitem__(self, candidate: int) -> tuple[Step, ...]:
        """Its steps, in the order in which they happened; KeyError: nothing acted on it."""
        found = tuple(
            Step(
                stage.kind,
                stage.rule,
                int(stage.before[candidate]),
                int(stage.after[candidate]),
                stage.detail,
            )
            for stage in self._trail.stages()
            if (stage.members == candidate).any()
        )
        if not found:
            raise KeyError(candidate)
        return found

    def __contains__(self, candidate: object) -> bool:
        """Whether anything acted on it; no rank is worked out for that."""
        return any(bool((members == candidate).any()) for members in self._trail.members())

    def __iter__(self) -> Iterator[int]:
        """Whom anything acted on, ascending."""
        members = self._trail.members()
        if members:
            yield from np.unique(np.concatenate(members)).tolist()

    def __len__(self) -> int:
        """How many candidates have steps."""
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return any(len(members) for members in self._trail.members())


class HiddenOf(Collection[Hidden]):
    """Who was hidden, in the order in which it happened, made when it is asked for."""

    __slots__ = ("_made", "_trail")

    def __init__(self, trail: Trail) -> None:
        """Of one call's notes."""
        self._trail = trail
        self._made: tuple[Hidden, ...] | None = None

    def __iter__(self) -> Iterator[Hidden]:
        """Each of them."""
        return iter(self._all())

    def __contains__(self, one: object) -> bool:
        """Whether this is one of them."""
        return one in self._all()

    def __len__(self) -> int:
        """How many."""
        return sum(len(hidden) for _, hidden in self._trail.hides)

    def _all(self) -> tuple[Hidden, ...]:
        if self._made is None:
            trail = self._trail
            ranks = ranks_of(trail.base(), len(trail.rows))
            self._made = tuple(
                Hidden(row, rule.name, rank)
                for rule, hidden in trail.hides
                for row, rank in zip(
                    trail.rows[hidden].tolist(), ranks[hidden].tolist(), strict=True
                )
            )
        return self._made
