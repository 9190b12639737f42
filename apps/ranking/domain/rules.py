"""Rules on scored candidates, each recorded on the hits it acted on."""

from collections.abc import Iterable, Sequence
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
    Step,
    StepKind,
)
from apps.ranking.domain.placement import free_diversified, order_with_pins, pin_slots
from apps.ranking.domain.scoring import order_by_score, ranks_of


@dataclass(slots=True, eq=False)
class Standing:
    """The state that rules work on, inside one call of the pipeline.

    Attributes:
        rows: int32[m], the snapshot's row of each candidate.
        scores: float64[m], changed by boosts and buries.
        tie_break: int64[m].
        order: int32[v], visible candidates, best first.
        rule_effect: float64[m], what rules added to each score.
        steps: candidate → its steps so far.
        hidden: who left.
        applied: names of rules that acted, in order.
        slots: pinned candidate → position.
    """

    rows: Int32
    scores: Float64
    tie_break: Int64
    order: Int32
    rule_effect: Float64
    steps: dict[int, list[Step]] = field(default_factory=dict)
    hidden: list[Hidden] = field(default_factory=list)
    applied: list[str] = field(default_factory=list)
    slots: dict[int, int] = field(default_factory=dict)

    def step_add(self, candidate: int, step: Step) -> None:
        """Record a step on a candidate."""
        self.steps.setdefault(candidate, []).append(step)

    def ranks(self) -> Int32:
        """int32[m]: 1-based ranks now, 0 for hidden ones."""
        return ranks_of(self.order, len(self.rows))

    def targets(self, rows: Iterable[int], ranks: Int32) -> list[int]:
        """The visible candidates among `rows`, in the order of `rows`, each once."""
        places = {int(row): place for place, row in enumerate(self.rows.tolist())}
        found = dict.fromkeys(places[row] for row in rows if row in places)
        return [candidate for candidate in found if ranks[candidate]]


def rules_apply(standing: Standing, rules: Sequence[Rule]) -> None:
    """Hide, bury, boost, pin, in that order; rules of one kind in the order given."""
    for kind in RULE_ORDER:
        of_kind = [rule for rule in rules if rule.kind == kind]
        if kind == "pin":
            _pin(standing, of_kind)
            continue
        for rule in of_kind:
            if kind == "hide":
                _hide(standing, rule)
            else:
                _rescore(standing, rule)


def _hide(standing: Standing, rule: Rule) -> None:
    ranks = standing.ranks()
    targets = standing.targets(rule.rows, ranks)
    if not targets:
        return
    standing.applied.append(rule.name)
    for candidate in targets:
        standing.hidden.append(
            Hidden(int(standing.rows[candidate]), rule.name, int(ranks[candidate]))
        )
    standing.order = standing.order[~np.isin(standing.order, targets)]


def _rescore(standing: Standing, rule: Rule) -> None:
    before = standing.ranks()
    targets = standing.targets(rule.rows, before)
    if not targets:
        return
    standing.applied.append(rule.name)
    change = standing.scores[targets] * (rule.factor - 1.0)
    standing.rule_effect[targets] += change
    standing.scores[targets] += change
    visible = np.sort(standing.order)
    standing.order = visible[order_by_score(standing.scores[visible], standing.tie_break[visible])]
    _record(standing, rule, targets, before)


def _record(standing: Standing, rule: Rule, targets: Sequence[int], before: Int32) -> None:
    after = standing.ranks()
    kind: StepKind = "boost" if rule.kind == "boost" else "bury"
    for candidate in targets:
        step = Step(kind, rule.name, int(before[candidate]), int(after[candidate]), rule.detail)
        standing.step_add(candidate, step)


def _pin(standing: Standing, rules: Sequence[Rule]) -> None:
    before = standing.ranks()
    wanted: dict[int, tuple[int, Rule]] = {}
    for rule in rules:
        targets = standing.targets(rule.rows, before)
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
    free = standing.order[~np.isin(standing.order, list(wanted))]
    standing.order = order_with_pins(free, standing.slots)
    for candidate, (position, rule) in wanted.items():
        landed = standing.slots[candidate]
        late = "" if landed == position else f"position {position} was not free"
        detail = "; ".join(part for part in (rule.detail, late) if part)
        standing.step_add(
            candidate, Step("pin", rule.name, int(before[candidate]), landed, detail)
        )


def diversity_apply(standing: Standing, diversity: Diversity) -> None:
    """Spread groups over the window; pinned hits stay where they are."""
    before = standing.ranks()
    free = standing.order[~np.isin(standing.order, list(standing.slots))]
    free, moved_back = free_diversified(free, standing.slots, diversity)
    standing.order = order_with_pins(free, standing.slots)
    after = standing.ranks()
    detail = f"at most {diversity.max_per_group} in the first {diversity.window}"
    for candidate in moved_back.tolist():
        step = Step(
            "diversity", diversity.name, int(before[candidate]), int(after[candidate]), detail
        )
        standing.step_add(candidate, step)
