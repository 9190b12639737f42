"""The rules that act on one ranking, as arrays over the serving snapshot. No I/O."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from apps.catalog.contracts import BoolArray, FilterSet, IntArray, UnknownFilter
from apps.catalog.domain.masks import filter_masks, filters_combine
from apps.features.contracts import ServingSnapshot
from apps.merchandising.contracts_acting import ActingRules
from apps.ranking.contracts import Candidates, Rule
from apps.ranking.domain.rule_targets import pinned_row, target_rows
from apps.ranking.domain.ruling import multiplier_of
from apps.ranking.domain.unfound import candidates_unfound

# Under which name a keep stands among the filters: no field of a filter is called so.
KEPT = "rules"
FETCHED = "the query does not find it"


@dataclass(frozen=True, slots=True, eq=False)
class PinnedRow:
    """A pin whose product may be shown.

    Attributes:
        rule: its key.
        row: of the snapshot.
        position: 1-based.
    """

    rule: str
    row: int
    position: int


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """What acts on one ranking, conflicts settled.

    Attributes:
        acting: the rules.
        kept: bool[n], rows that every keep lets through; None: nothing is kept.
        hidden: bool[n], rows that hide; None: none do.
        hides: as the pipeline takes them.
        reweighs: likewise; none where hits do not stand by relevance.
        pins: likewise, of products that may be shown.
        unpinned: (rule, why) of pins whose product may not.
    """

    acting: ActingRules
    kept: BoolArray | None = None
    hidden: BoolArray | None = None
    hides: tuple[Rule, ...] = ()
    reweighs: tuple[Rule, ...] = ()
    pins: tuple[PinnedRow, ...] = ()
    unpinned: tuple[tuple[str, str], ...] = ()

    def shown(self, rows: IntArray) -> BoolArray | None:
        """bool[m]: which of these rows are not hidden; None: all."""
        return None if self.hidden is None else ~self.hidden[rows]

    def pinned(self, rows: IntArray) -> BoolArray | None:
        """bool[m]: which of these rows are pinned; None: none."""
        if not self.pins:
            return None
        return np.isin(rows, [pin.row for pin in self.pins])

    def joined(self, found: Candidates) -> Candidates:
        """What was found, and behind it pinned products that were not."""
        if not self.pins:
            return found
        # A few of them: looking each one up takes less than asking every candidate.
        missing = [pin.row for pin in self.pins if not (found.rows == pin.row).any()]
        if not missing:
            return found
        return _with_unfound(found, np.array(missing, dtype=np.int32))

    def rules(self, fetched: Iterable[int], *, by_score: bool) -> tuple[Rule, ...]:
        """For the pipeline.

        Args:
            fetched: rows of pinned products that the query did not find.
            by_score: whether hits stand by it: else boosts and buries have nothing to do.
        """
        unfound = frozenset(fetched)
        pins = (
            Rule(
                pin.rule,
                "pin",
                np.array([pin.row], dtype=np.int32),
                position=pin.position,
                detail=FETCHED if pin.row in unfound else "",
            )
            for pin in self.pins
        )
        return (*self.hides, *(self.reweighs if by_score else ()), *pins)


_NO_FILTERS = FilterSet()
_MOST_EFFECTS = 500


@dataclass(slots=True)
class _Last:
    """What rules do to the snapshot that is served; an older one's go with it."""

    effects: tuple[ServingSnapshot, dict[tuple[int, bool], Effect]] | None = None


_last = _Last()


def rules_effect(
    acting: ActingRules, snapshot: ServingSnapshot, filters: FilterSet, *, places: bool
) -> Effect:
    """What rules do to a ranking.

    Args:
        acting: the rules.
        snapshot: what rows point into.
        filters: the shopper's own: a pinned product that they leave out is not shown.
        places: whether boosts, buries and pins act.
    """
    if filters != _NO_FILTERS:
        return _Resolving(acting, snapshot).effect(filters, places=places)
    return _remembered(acting, snapshot, places=places)


def _remembered(acting: ActingRules, snapshot: ServingSnapshot, *, places: bool) -> Effect:
    """Without filters of the shopper's, the same rules do the same to the same snapshot."""
    held = _last.effects
    if held is None or held[0] is not snapshot:
        held = _last.effects = (snapshot, {})
    effects = held[1]
    # The book gives the same rules the same tuple; it is held, so nothing else gets its identity.
    asked = id(acting.rules), places
    found = effects.get(asked)
    if found is None or found.acting.rules is not acting.rules:
        found = _Resolving(acting, snapshot).effect(_NO_FILTERS, places=places)
        if len(effects) >= _MOST_EFFECTS:
            effects.clear()
        effects[asked] = found
    if found.acting.rewrites == acting.rewrites:
        return found
    return replace(found, acting=acting)


def rows_barred(acting: ActingRules, snapshot: ServingSnapshot) -> BoolArray:
    """bool[n]: rows that are hidden, or that a keep leaves out."""
    return _Resolving(acting, snapshot).barred()


@dataclass(slots=True, eq=False)
class _Resolving:
    """The way from rules to arrays."""

    acting: ActingRules
    snapshot: ServingSnapshot
    unpinned: list[tuple[str, str]] = field(default_factory=list)

    def effect(self, filters: FilterSet, *, places: bool) -> Effect:
        acting = self.acting
        kept, hides = self._kept(), self._hides()
        hidden = self._mask(rule.rows for rule in hides) if hides else None
        return Effect(
            acting=acting,
            kept=kept,
            hidden=hidden,
            hides=hides,
            reweighs=self._reweighs() if places else (),
            pins=self._pins(filters, kept, hidden) if places and acting.pins else (),
            unpinned=tuple(self.unpinned),
        )

    def barred(self) -> BoolArray:
        """bool[n]: what may not appear."""
        barred = self._mask(rule.rows for rule in self._hides())
        kept = self._kept()
        return barred if kept is None else barred | ~kept

    def _kept(self) -> BoolArray | None:
        kept: BoolArray | None = None
        for _, keep in self.acting.keeps:
            mask = self._mask([target_rows(keep.target, self.snapshot)])
            kept = mask if kept is None else kept & mask
        return kept

    def _hides(self) -> tuple[Rule, ...]:
        return tuple(
            Rule(key, "hide", target_rows(hide.target, self.snapshot))
            for key, hide in self.acting.hides
        )

    def _reweighs(self) -> tuple[Rule, ...]:
        return tuple(
            Rule(
                key,
                "boost" if reweigh.factor > 0 else "bury",
                target_rows(reweigh.target, self.snapshot),
                factor=multiplier_of(reweigh),
                detail=f"{reweigh.factor:+d}",
            )
            for key, reweigh in self.acting.reweighs
        )

    def _pins(
        self, filters: FilterSet, kept: BoolArray | None, hidden: BoolArray | None
    ) -> tuple[PinnedRow, ...]:
        """The pins whose products may be shown: active, and let through by every filter."""
        columns, found = self.snapshot.columns, []
        asked = _shopper_mask(self.snapshot, filters)
        for key, pin in self.acting.pins:
            row = pinned_row(pin, self.snapshot)
            if row < 0 or not columns.active[row]:
                why = "is not in the catalogue" if row < 0 else "is not active"
            elif hidden is not None and hidden[row]:
                why = "is hidden by a rule"
            elif kept is not None and not kept[row]:
                why = "is not among what a rule shows"
            elif asked is not None and not asked[row]:
                why = "is left out by the shopper's own filter"
            else:
                found.append(PinnedRow(key, row, pin.position))
                continue
            self.unpinned.append((key, f"{pin.product} {why}"))
        return tuple(found)

    def _mask(self, parts: Iterable[IntArray]) -> BoolArray:
        mask = np.zeros(len(self.snapshot.columns), dtype=np.bool_)
        for rows in parts:
            mask[rows] = True
        return mask


def _shopper_mask(snapshot: ServingSnapshot, filters: FilterSet) -> BoolArray | None:
    """bool[n]: what the shopper's own filters let through; None: everything."""
    if filters == FilterSet():
        return None
    try:
        masks = filter_masks(snapshot.columns, snapshot.tree, filters)
    except UnknownFilter:
        return None  # whoever filters by it refuses it
    return filters_combine(masks)


def _with_unfound(found: Candidates, rows: IntArray) -> Candidates:
    more = candidates_unfound(rows)
    return Candidates(
        rows=np.concatenate([found.rows, more.rows]),
        keyword_score=np.concatenate([found.keyword_score, more.keyword_score]),
        keyword_rank=np.concatenate([found.keyword_rank, more.keyword_rank]),
        semantic_score=np.concatenate([found.semantic_score, more.semantic_score]),
        semantic_rank=np.concatenate([found.semantic_rank, more.semantic_rank]),
        search_score=np.concatenate([found.search_score, more.search_score]),
    )
