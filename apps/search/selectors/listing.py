"""The hits as they are shown: one ranking's order, or two rankings drafted into one list."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.catalog.contracts import IntArray
from apps.experiments.contracts.interleaving import NO_TEAM
from apps.ranking.contracts import HitRecord
from apps.ranking.domain.records import hit_record
from apps.search.contracts import SearchRequest
from apps.search.domain.contending import Contender, SearchPlan
from apps.search.domain.drafting import record_because, record_boosted, record_drafted
from apps.search.domain.pinned_draft import draft_around_pins
from apps.search.selectors.scoring import Scored


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """Two rankings drafted into one list, as far as the end of the asked page.

    Attributes:
        experiment: on whose behalf.
        treatment: the second ranking; the first is the listing's own.
        rows: int32[k], rows of the snapshot, first hit first.
        teams: uint8[k]: 0 the control's, 1 the treatment's, 2 nobody's.
        found: hits over all pages: what either ranking holds.
    """

    experiment: Contender
    treatment: Scored
    rows: IntArray
    teams: NDArray[np.uint8]
    found: int


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """What is shown.

    Attributes:
        scored: the ranking; under a draft the control's.
        draft: how another one takes part.
    """

    scored: Scored
    draft: Draft | None = None

    @property
    def sides(self) -> tuple[Scored, ...]:
        """Every ranking that takes part."""
        return (self.scored,) if self.draft is None else (self.scored, self.draft.treatment)

    @property
    def found(self) -> int:
        """Hits over all pages."""
        return len(self.scored.ranking.order) if self.draft is None else self.draft.found

    @property
    def answers(self) -> bool:
        """Whether the query found anything: products that are there as pinned are not found."""
        return any(side.found > 0 for side in self.sides)

    @property
    def order(self) -> IntArray:
        """int32[k]: rows, first hit first; a draft's end with the asked page."""
        return self.scored.ranking.rows_ranked() if self.draft is None else self.draft.rows

    def rows_on_page(self, request: SearchRequest) -> IntArray:
        """The snapshot's rows of the asked page, first hit first."""
        first = (request.page - 1) * request.per_page
        if self.draft is not None:
            return self.draft.rows[first : first + request.per_page]
        ranking = self.scored.ranking
        return ranking.candidates.rows[ranking.order[first : first + request.per_page]]

    def score(self, position: int) -> float:
        """The score of the hit at a 1-based position, in the ranking that it comes from."""
        scored, rank, _team = self.found_at(position)
        ranking = scored.ranking
        return float(ranking.scores[ranking.order[rank - 1]])

    def record(self, position: int) -> HitRecord:
        """Why the hit at a 1-based position stands there."""
        scored, rank, team = self.found_at(position)
        record = _with_boosts(hit_record(scored.ranking, rank), scored)
        record = record_because(record, self.because((position,)))
        if self.draft is None:
            return record
        return record_drafted(record, self.draft.experiment.key, position, team)

    def because(self, positions: Sequence[int]) -> tuple[str, ...]:
        """What the shopper did that speaks for some positions' hits, each in its own ranking.

        A sentence each, or nothing; empty where nothing does.
        """
        if self.draft is None:
            return self.scored.because(np.array(positions, dtype=np.int32))
        found = [self.found_at(position) for position in positions]
        told = [side.because(np.array([rank], dtype=np.int32)) for side, rank, _ in found]
        return tuple(one[0] if one else "" for one in told) if any(told) else ()

    def team(self, position: int) -> str | None:
        """The variant whose hit it is; None without a draft, and where nobody competed."""
        if self.draft is None or self.draft.teams[position - 1] == NO_TEAM:
            return None
        return self.draft.experiment.variants[int(self.draft.teams[position - 1])]

    def contested_on_page(self, request: SearchRequest) -> bool:
        """Whether any hit of the asked page is shown on behalf of one of two rankings."""
        if self.draft is None:
            return False
        first = (request.page - 1) * request.per_page
        return bool((self.draft.teams[first : first + request.per_page] != NO_TEAM).any())

    def found_at(self, position: int) -> tuple[Scored, int, str]:
        """The ranking that the hit comes from, its 1-based rank there, and in words from whom."""
        if self.draft is None:
            return self.scored, position, ""
        row, team = self.draft.rows[position - 1], self.draft.teams[position - 1]
        sides = self.sides if team == NO_TEAM else (self.sides[int(team)],)
        for scored in sides:
            places = np.flatnonzero(scored.ranking.rows_ranked() == row)
            if len(places):
                return scored, int(places[0]) + 1, self._words(position, int(places[0]) + 1)
        raise AssertionError("a drafted row stands in one of its rankings")

    def pinned_at(self, position: int) -> bool:
        """Whether a rule pins the hit at a 1-based position."""
        scored, rank, _words = self.found_at(position)
        return int(scored.ranking.order[rank - 1]) in scored.ranking.pinned

    def _words(self, position: int, rank: int) -> str:
        """On whose behalf the hit at a position is shown."""
        variant = self.team(position)
        if variant:
            return f"variant {variant}"
        return "both lists agree" if rank == position else "one list alone was left"


def _pinned_alike(scored: Scored, other: Scored) -> dict[int, int]:
    """0-based place → row, of pins that both rankings hold at the same place."""
    sides = [
        {position - 1: int(side.candidates.rows[candidate])
         for candidate, position in side.pinned.items()}
        for side in (scored.ranking, other.ranking)
    ]  # fmt: skip
    return {place: row for place, row in sides[0].items() if sides[1].get(place) == row}


def _with_boosts(record: HitRecord, scored: Scored) -> HitRecord:
    """The record with what the query's boosts did to its search score."""
    if scored.lift is None:
        return record
    candidate = int(scored.ranking.order[record.position - 1])
    return record_boosted(record, *scored.lift.parts(candidate))


def listing_of(
    scored: Scored, other: Scored | None, plan: SearchPlan, request: SearchRequest
) -> Listing:
    """The listing of one ranking, or the draft of two.

    As far as both are the same, nobody competes: a click there says nothing about them.
    """
    if other is None or plan.interleaving is None:
        return Listing(scored)
    first, second = scored.ranking.rows_ranked(), other.ranking.rows_ranked()
    if np.array_equal(first, second):
        return Listing(scored)
    k = request.page * request.per_page
    heads = first[:k], second[:k]
    if np.array_equal(*heads):
        rows, teams = heads[0], np.full(len(heads[0]), NO_TEAM, dtype=np.uint8)
    else:
        fixed = _pinned_alike(scored, other)
        rows, teams = draft_around_pins(first, second, fixed, seed=plan.seed, k=k)
    found = len(first) if other.retrieved is scored.retrieved else len(np.union1d(first, second))
    return Listing(scored, Draft(plan.interleaving, other, rows, teams, found))
