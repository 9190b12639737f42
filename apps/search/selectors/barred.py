"""Products that rules keep out of suggestions for what was typed so far."""

from dataclasses import dataclass, replace

from apps.catalog.contracts import BoolArray, IntArray
from apps.features.contracts import ServingSnapshot
from apps.merchandising.contracts_acting import NO_RULES_ACT, ActingRules
from apps.merchandising.contracts_rules import Target
from apps.merchandising.selectors import rule_book
from apps.ranking.domain.rule_effects import rows_barred
from apps.search.contracts import SearchRequest
from apps.search.domain.contending import ALL_RULES
from apps.search.domain.ruling import ruled_of
from apps.search.domain.suggesting.shelves import Live, live_counts
from apps.search.selectors.rule_books import ruling_live


@dataclass(frozen=True, slots=True, eq=False)
class Barred:
    """What may not be suggested, over one state of the catalogue.

    Attributes:
        snapshot: that state.
        targets: of the rules that say so.
        rows: bool[n].
        live: what is left in each category and of each brand.
    """

    snapshot: ServingSnapshot
    targets: tuple[Target, ...]
    rows: BoolArray
    live: Live

    def allowed(self, rows: IntArray) -> IntArray:
        """Those of the rows that may be suggested, in their order."""
        allowed: IntArray = rows[~self.rows[rows]]
        return allowed


_last: list[Barred] = []


def barred_for(query: str, snapshot: ServingSnapshot) -> Barred | None:
    """What rules hide, or do not keep, for these words; None: nothing.

    By the words as typed and by the time: suggestions know no device, segment or category.
    """
    if not len(rule_book()):
        return None
    ruled = ruled_of(SearchRequest(query=query), ruling_live(), ALL_RULES)
    acting = NO_RULES_ACT if ruled is None else ruled.settled(None)
    if not (acting.hides or acting.keeps):
        return None
    return _barred(acting, snapshot)


def _barred(acting: ActingRules, snapshot: ServingSnapshot) -> Barred:
    """Worked out once for the rules that most queries share."""
    targets = (
        *(hide.target for _, hide in acting.hides),
        *(keep.target for _, keep in acting.keeps),
    )
    last = _last[0] if _last else None
    if last is not None and last.snapshot.columns is snapshot.columns:
        same = len(targets) == len(last.targets)
        if same and all(one is other for one, other in zip(targets, last.targets, strict=True)):
            return last
    rows = rows_barred(acting, snapshot)
    columns = replace(snapshot.columns, active=snapshot.columns.active & ~rows)
    found = Barred(snapshot, targets, rows, live_counts(columns, snapshot.tree))
    _last[:] = [found]
    return found
