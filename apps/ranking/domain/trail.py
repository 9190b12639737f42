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


def place_in(order: Int32, candidate: int) -> int:
    """0-based place of a candidate in an order that holds it: one pass over it."""
    return int((order == candidate).argmax())


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """A pin's or diversity's turn.

    Attributes:
        kind: what acted.
        rule: its name.
        members: int32[k], whom it acted on.
        before: int32[v], the visible candidates' order before.
        after: int32[v], and after.
        detail: in words.
    """

    kind: StepKind
    rule: str
    members: Int32
    before: Int32
    after: Int32
    detail: str = ""


# So many ranks are counted one by one; for more it pays to sort once.
_FEW_RANKS = 3


class _Scores:
    """Scores between two boosts or buries, and the ranks that they make."""

    __slots__ = ("_asked", "_last", "_scores", "_sorted")

    def __init__(self, scores: Float64, last: Bool | None) -> None:
        """Take float64[m], and bool[m]: what is buried to nothing; None: nothing is."""
        self._scores, self._last = scores, last
        self._asked = 0
        self._sorted: dict[bool, Float64] | None = None

    def rank(self, candidate: int, tie_break: Int64, visible: Bool | None) -> int:
        """1-based, among the visible ones; the candidate is one of them."""
        self._asked += 1
        if self._asked <= _FEW_RANKS:
            return self._counted(candidate, tie_break, visible)
        if self._sorted is None:
            self._sorted = self._sort(visible)
        score, buried = self._scores[candidate], self._is_last(candidate)
        group = self._sorted[buried]
        low, high = np.searchsorted(group, [score, np.nextafter(score, np.inf)])
        if high - low > 1:
            return self._counted(candidate, tie_break, visible)
        return 1 + len(group) - int(high) + (len(self._sorted[False]) if buried else 0)

    def _counted(self, candidate: int, tie_break: Int64, visible: Bool | None) -> int:
        """By counting who stands before it: one pass over all."""
        score = self._scores[candidate]
        ahead: Bool = self._scores > score
        equal = self._scores == score
        ahead |= equal & (tie_break < tie_break[candidate])
        if self._last is not None:
            own = self._last[candidate]
            ahead = (ahead & (self._last == own)) | (~self._last & own)
        return 1 + int(np.count_nonzero(ahead if visible is None else ahead & visible))

    def _is_last(self, candidate: int) -> bool:
        return self._last is not None and bool(self._last[candidate])

    def _sort(self, visible: Bool | None) -> dict[bool, Float64]:
        """The visible scores ascending: of those that are buried to nothing, and of the others."""
        everyone = np.ones(len(self._scores), dtype=np.bool_) if visible is None else visible
        last = np.zeros(len(self._scores), dtype=np.bool_) if self._last is None else self._last
        return {
            buried: np.sort(self._scores[everyone & (last if buried else ~last)])
            for buried in (False, True)
        }


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
    _between: list[_Scores] = field(default_factory=list)

    def base(self) -> Int32:
        """int32[m]: the order without any rule."""
        if self.first is not None:
            return self.first
        return order_by_score(self.scores, self.tie_break)

    def members(self) -> list[Int32]:
        """int32[k] each: whom each turn after hiding acted on."""
        return [*(targets for _, targets in self.changes), *(one.members for one in self.moves)]

    def steps(self, candidate: int) -> tuple[Step, ...]:
        """What moved a candidate, in the order in which it happened."""
        return (*self._rescored(candidate), *self._moved(candidate))

    def acted_on(self, candidates: Int32) -> list[int]:
        """Those that anything acted on, in their order; no rank is worked out for that."""
        touched = np.zeros(len(self.rows), dtype=np.bool_)
        for members in self.members():
            touched[members] = True
        found: list[int] = candidates[touched[candidates]].tolist()
        return found

    def _moved(self, candidate: int) -> Iterator[Step]:
        for one in self.moves:
            if (one.members == candidate).any():
                before, after = (place_in(order, candidate) for order in (one.before, one.after))
                yield Step(one.kind, one.rule, before + 1, after + 1, one.detail)

    def _rescored(self, candidate: int) -> Iterator[Step]:
        for place, (rule, targets) in enumerate(self.changes):
            if (targets == candidate).any():
                kind: StepKind = "boost" if rule.kind == "boost" else "bury"
                before, after = (self._rank(candidate, at) for at in (place, place + 1))
                yield Step(kind, rule.name, before, after, rule.detail)

    def _rank(self, candidate: int, place: int) -> int:
        """Before the change at `place` (of the last one: after it)."""
        if self.first is not None:
            order = self.first if self._visible is None else self.first[self._visible[self.first]]
            return place_in(order, candidate) + 1
        return self._states()[place].rank(candidate, self.tie_break, self._visible)

    @property
    def _visible(self) -> Bool | None:
        """bool[m]: who is not hidden; None: nobody is."""
        if not self.hides:
            return None
        visible = np.ones(len(self.rows), dtype=np.bool_)
        for _, hidden in self.hides:
            visible[hidden] = False
        return visible

    def _states(self) -> list[_Scores]:
        """The scores before the first change, and after each."""
        if not self._between:
            state = Rescored(self.scores, self.tie_break)
            between = [state.now()]
            for rule, targets in self.changes:
                state.multiply(rule, targets)
                between.append(state.now())
            self._between = between
        return self._between


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

    def now(self) -> _Scores:
        """A copy of where they stand."""
        return _Scores(self.scores.copy(), None if self._last is None else self._last.copy())

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
        found = self._trail.steps(candidate)
        if not found:
            raise KeyError(candidate)
        return found

    def among(self, candidates: Int32) -> dict[int, tuple[Step, ...]]:
        """The same for some candidates: those that nothing acted on cost next to nothing."""
        return {each: self._trail.steps(each) for each in self._trail.acted_on(candidates)}

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
