"""What several strategies found, put together: each product once, each group of variants once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np

from apps.catalog.contracts import ProductColumns
from apps.recommendations.contracts import (
    BoolArray,
    Float32,
    Int32,
    Mix,
    Placement,
    Shopping,
    Sourced,
    Strategy,
    StrategyName,
)
from apps.recommendations.contracts_answers import Fallback

Source = StrategyName | Fallback
# Shelves rank more than they show: weights, rules, likeness and limits need something to choose.
_LEAST_POOL = 40
_POOL_TIMES = 3
_SPARE = 4
_VARIANTS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Candidates of a shelf, m of them, in the order in which they were found.

    Attributes:
        rows: int32[m], each once.
        scores: float32[m] in [0, 1], times the strategy's weight.
        tiers: int32[m], a lower one stands before a higher one; what is blended is one tier.
        sources: what found each.
        because: int32[m], the row that speaks for each; -1: none.
        evidence: float32[m]; nan: none.
    """

    rows: Int32
    scores: Float32
    tiers: Int32
    sources: tuple[Source, ...]
    because: Int32
    evidence: Float32

    def __len__(self) -> int:
        """How many candidates."""
        return len(self.rows)


def wanted_for(k: int) -> int:
    """How many candidates a shelf of k is chosen from."""
    return max(_LEAST_POOL, _POOL_TIMES * k)


def spare_for(k: int) -> int:
    """How many products to read, so that k are left when some went since the snapshot."""
    return k + _SPARE


@dataclass(frozen=True, slots=True, eq=False)
class Failed:
    """A strategy that raised; the others make the shelf.

    Attributes:
        name: of the strategy.
        error: what it raised.
    """

    name: StrategyName
    error: Exception


@dataclass(slots=True, eq=False)
class Pooling:
    """A pool while it is filled.

    Attributes:
        columns: whose rows are meant.
        most: how many candidates it may hold.
        taken: bool[n], rows that are in it.
        held: group of variants → the row that a rule pins of it: no other one comes in.
        parts: what was taken, in turn.
        failed: strategies that raised.
    """

    columns: ProductColumns
    most: int
    taken: BoolArray
    held: Mapping[int, int] = field(default_factory=dict)
    parts: list[tuple[Source, int, Sourced]] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    _groups: set[int] = field(default_factory=set)

    def __len__(self) -> int:
        """How many candidates so far."""
        return sum(len(found) for _, _, found in self.parts)

    def add(self, source: Source, tier: int, found: Sourced, weight: float = 1.0) -> None:
        """Take over what is new, as far as there is room."""
        new_places = (at for at, row in enumerate(found.rows.tolist()) if self._is_new(row))
        places = np.fromiter(islice(new_places, self.most - len(self)), dtype=np.intp)
        if not len(places):
            return
        scores = np.clip(found.scores[places] * np.float32(weight), 0.0, 1.0).astype(np.float32)
        new = Sourced(found.rows[places], scores, found.because[places], found.evidence[places])
        self.parts.append((source, tier, new))

    def ask(self, strategy: Strategy, name: StrategyName, shopping: Shopping) -> Sourced:
        """What a strategy finds; nothing of one that raises, and it is not asked again."""
        if any(each.name == name for each in self.failed):
            return Sourced.empty()
        try:
            return strategy(shopping)
        except Exception as error:  # noqa: BLE001 - anybody may add one, and `failed` tells it
            self.failed.append(Failed(name, error))
            return Sourced.empty()

    def pool(self) -> Pool:
        """All of it."""
        parts = self.parts or [(Fallback.NOTHING, 0, Sourced.empty())]
        found = [each for _, _, each in parts]
        return Pool(
            rows=np.concatenate([each.rows for each in found]).astype(np.int32),
            scores=np.concatenate([each.scores for each in found]),
            tiers=np.concatenate(
                [np.full(len(each), tier, dtype=np.int32) for _, tier, each in parts]
            ),
            sources=tuple(source for source, _, each in parts for _ in range(len(each))),
            because=np.concatenate([each.because for each in found]),
            evidence=np.concatenate([each.evidence for each in found]),
        )

    def _is_new(self, row: int) -> bool:
        """Whether neither the row nor a variant of it is in; from then on it is."""
        group = int(self.columns.group[row])
        if self.taken[row] or group in self._groups or self.held.get(group, row) != row:
            return False
        self.taken[row] = True
        if group >= 0:
            self._groups.add(group)
        return True


def pool_begin(columns: ProductColumns, most: int, pinned: Iterable[int] = ()) -> Pooling:
    """An empty one.

    Args:
        columns: whose rows are meant.
        most: how many candidates it may hold.
        pinned: rows that stand on the shelf anyway.
    """
    held = {int(columns.group[row]): row for row in pinned if columns.group[row] >= 0}
    return Pooling(columns, most, np.zeros(len(columns), dtype=np.bool_), held)


def strategies_pooled(
    pooling: Pooling,
    placement: Placement,
    shopping: Shopping,
    strategies: Mapping[StrategyName, Strategy],
) -> None:
    """Ask a placement's strategies as its mix says.

    `first`: one after the other until there are enough, each asked for what is not in yet and in
    a tier of its own. `blend`: all of them, in one tier; a product's best score counts. One that
    raises finds nothing, and `pooling.failed` names it.
    """
    if placement.mix is Mix.FIRST:
        _in_order(pooling, placement, shopping, strategies)
    else:
        _blended(pooling, placement, shopping, strategies)


def _in_order(
    pooling: Pooling,
    placement: Placement,
    shopping: Shopping,
    strategies: Mapping[StrategyName, Strategy],
) -> None:
    for tier, use in enumerate(placement.strategies):
        strategy = strategies.get(use.name)
        if strategy is None or len(pooling) >= pooling.most:
            continue
        # What is in already is not asked for again: else it would take the place of others.
        asked = replace(shopping, allowed=shopping.allowed & ~pooling.taken)
        pooling.add(use.name, tier, pooling.ask(strategy, use.name, asked), use.weight)


def _blended(
    pooling: Pooling,
    placement: Placement,
    shopping: Shopping,
    strategies: Mapping[StrategyName, Strategy],
) -> None:
    found = [
        (use, pooling.ask(strategy, use.name, shopping))
        for use in placement.strategies
        if (strategy := strategies.get(use.name)) is not None
    ]
    lines = [
        (-float(score) * use.weight, place, at)
        for place, (use, sourced) in enumerate(found)
        for at, score in enumerate(sourced.scores.tolist())
    ]
    # By score; of equals the strategy that is named first.
    for _, place, at in sorted(lines):
        use, sourced = found[place]
        one = slice(at, at + 1)
        pooling.add(
            use.name,
            0,
            Sourced(
                sourced.rows[one], sourced.scores[one], sourced.because[one], sourced.evidence[one]
            ),
            use.weight,
        )


def popular_pooled(
    pooling: Pooling,
    source: Fallback,
    allowed: BoolArray,
    popularity_order: Int32,
) -> None:
    """The most popular rows of those allowed, behind everything that is in."""
    open_rows = popularity_order[(allowed & ~pooling.taken)[popularity_order]]
    # More than wanted: variants of one product count once.
    rows = open_rows[: _VARIANTS * (pooling.most - len(pooling))]
    if not len(rows):
        return
    tier = 1 + max((tier for _, tier, _ in pooling.parts), default=-1)
    # By rank: what is left of a catalogue without events has no popularity to tell it by.
    scores = (1.0 - np.arange(len(rows)) / max(1, len(rows))).astype(np.float32)
    none = np.full(len(rows), -1, dtype=np.int32)
    evidence = np.full(len(rows), np.nan, dtype=np.float32)
    pooling.add(source, tier, Sourced(rows, scores, none, evidence))
