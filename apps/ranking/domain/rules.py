"""Rules on scored candidates; whom each acted on is noted for the record."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from apps.ranking.contracts import (
    RULE_ORDER,
    Diversity,
    Float64,
    Hidden,
    Int32,
    Int64,
    Rule,
    RuleKind,
    Step,
)
from apps.ranking.domain.placement import free_diversified, order_with_pins, pin_slots
from apps.ranking.domain.trail import Bool, HiddenOf, Rescored, Stage, StepsOf, Trail, place_in
from apps.ranking.domain.variety import Variety, free_limited, free_varied


@dataclass(slots=True, eq=False)
class Standing:
    """The state that rules work on, inside one call of the pipeline.

    Attributes:
        scores: float64[m], changed by boosts and buries.
        order: int32[v], visible candidates, best first.
        trail: the notes; None: no rule and no diversity came.
        rule_effect: float64[m], what rules added to each score; None: nothing.
        applied: names of rules that acted, in order.
        slots: pinned candidate → position.
    """

    scores: Float64
    order: Int32
    trail: Trail | None = None
    rule_effect: Float64 | None = None
    applied: list[str] = field(default_factory=list)
    slots: dict[int, int] = field(default_factory=dict)

    def steps(self) -> Mapping[int, tuple[Step, ...]]:
        """Candidate → its steps."""
        return {} if self.trail is None else StepsOf(self.trail)

    def hidden(self) -> Collection[Hidden]:
        """Who left."""
        return () if self.trail is None or not self.trail.hides else HiddenOf(self.trail)


class _Places:
    """Where rows stand among the candidates: one pass, then a look-up a rule."""

    __slots__ = ("_place", "visible")

    def __init__(self, rows: Int32) -> None:
        # One more than the greatest row: those past it, and -1, are no candidates.
        self._place = np.full(int(rows.max(initial=-1)) + 2, -1, dtype=np.int32)
        self._place[rows] = np.arange(len(rows), dtype=np.int32)
        self.visible: Bool = np.ones(len(rows), dtype=np.bool_)

    def targets(self, rows: Int32) -> Int32:
        """int32[k]: the visible candidates among `rows`, in their order."""
        known = rows[(rows >= 0) & (rows < len(self._place))]
        found = self._place[known]
        found = found[found >= 0]
        seen: Int32 = found[self.visible[found]]
        return seen


def rules_apply(
    *,
    rows: Int32,
    scores: Float64,
    tie_break: Int64,
    rules: Iterable[Rule],
    first: Int32 | None = None,
) -> Standing:
    """Hide, bury, boost, pin, in that order; rules of one kind in the order given.

    Args:
        rows: int32[m], the snapshot's row of each candidate, each once.
        scores: float64[m], the weighted sums.
        tie_break: int64[m].
        rules: what acts.
        first: int32[m], the order to begin with; None: by score. Boosts and buries change
            scores only, then.
    """
    places, trail = _Places(rows), Trail(rows, scores, tie_break, first)
    by_kind: dict[RuleKind, list[Rule]] = {kind: [] for kind in RULE_ORDER}
    for rule in rules:
        by_kind[rule.kind].append(rule)
    applied: list[str] = []
    for rule in by_kind["hide"]:
        if len(targets := places.targets(rule.rows)):
            applied.append(rule.name)
            trail.hides.append((rule, targets))
            places.visible[targets] = False
    state = Rescored(scores, tie_break)
    for rule in (*by_kind["bury"], *by_kind["boost"]):
        if len(targets := places.targets(rule.rows)):
            applied.append(rule.name)
            trail.changes.append((rule, targets))
            state.multiply(rule, targets)
    standing = Standing(
        scores=state.scores,
        order=state.order(places.visible if trail.hides else None, first),
        trail=trail,
        rule_effect=state.effect if trail.changes else None,
        applied=applied,
    )
    if by_kind["pin"]:
        _pin(standing, trail, places, by_kind["pin"])
    return standing


def _pin(standing: Standing, trail: Trail, places: _Places, rules: Sequence[Rule]) -> None:
    wanted: dict[int, tuple[int, Rule]] = {}
    for rule in rules:
        targets = places.targets(rule.rows).tolist()
        # A hidden or absent row leaves no gap: those after it in the rule move up.
        for offset, candidate in enumerate(targets):
            wanted.setdefault(candidate, (rule.position + offset, rule))
        if targets:
            standing.applied.append(rule.name)
    if not wanted:
        return
    standing.slots = pin_slots(
        [(candidate, position) for candidate, (position, _) in wanted.items()],
        len(standing.order),
    )
    before = standing.order
    standing.order = order_with_pins(_free(standing), standing.slots)
    for candidate, (position, rule) in wanted.items():
        late = "" if standing.slots[candidate] == position else f"position {position} was not free"
        detail = "; ".join(part for part in (rule.detail, late) if part)
        members = np.array([candidate], dtype=np.int32)
        trail.moves.append(Stage("pin", rule.name, members, before, standing.order, detail))


def _free(standing: Standing) -> Int32:
    """int32[u]: the visible candidates that no pin holds, in order."""
    if not standing.slots:
        return standing.order
    # A few of them: looking each one up takes less than asking every candidate.
    kept = np.ones(len(standing.order), dtype=np.bool_)
    kept[[place_in(standing.order, candidate) for candidate in standing.slots]] = False
    free: Int32 = standing.order[kept]
    return free


def variety_apply(standing: Standing, trail: Trail, variety: Variety) -> None:
    """Let no two neighbours be too alike; pinned hits stay where they are."""
    free, moved = free_varied(_free(standing), standing.slots, standing.scores, variety)
    told = f"relevance {variety.share:g}, likeness {1.0 - variety.share:g}"
    _spread(standing, trail, free, ("variety", moved, told))


def diversity_apply(standing: Standing, trail: Trail, limits: Sequence[Diversity]) -> None:
    """Spread groups over the window; pinned hits stay where they are."""
    free, slots = _free(standing), standing.slots
    if len(limits) == 1:
        free, moved_back = free_diversified(free, slots, limits[0])
    else:
        free, moved_back = free_limited(free, slots, limits)
    told = ", ".join(
        f"at most {limit.max_per_group}{f' of one {limit.name}' if len(limits) > 1 else ''}"
        for limit in limits
    )
    window = max(limit.window for limit in limits)
    name = " and ".join(limit.name for limit in limits)
    _spread(standing, trail, free, (name, moved_back, f"{told} in the first {window}"))


def _spread(standing: Standing, trail: Trail, free: Int32, moved: tuple[str, Int32, str]) -> None:
    """The new order, and the note of it: a name, whom it acted on, and in words."""
    before = standing.order
    standing.order = order_with_pins(free, standing.slots)
    standing.trail = trail
    name, members, told = moved
    trail.moves.append(Stage("diversity", name, members, before, standing.order, told))
