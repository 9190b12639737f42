"""A ranking as the field in which one product competes for a rank."""

import numpy as np

from apps.explainability.contracts.explained import Obstacle, Rise
from apps.explainability.domain.explain_weights import (
    Field,
    Float64,
    always_ahead,
    weight_changes,
)
from apps.features.contracts import BESIDE_WEIGHTS, SEARCH_SCORE
from apps.ranking.contracts import RULES_CONTRIBUTION, Ranking
from apps.search.contracts import SearchRequest, Sort
from apps.search.selectors.listing import Listing

_NOTHING = 1e-12


def rise_to(listing: Listing, request: SearchRequest, rank: int, wanted: int) -> Rise:
    """What it takes for the hit at `rank` to stand at `wanted` or before it."""
    scored = listing.scored
    ranking = scored.ranking
    there = min(wanted, len(ranking.order))
    score_there = float(ranking.scores[ranking.order[there - 1]])
    candidate = int(ranking.order[rank - 1])
    gap = score_there - float(ranking.scores[candidate])
    obstacle = _obstacle(listing, request, candidate)
    if obstacle is not Obstacle.NONE:
        return Rise(wanted, score_there, gap, obstacle=obstacle)
    taken = sum(1 for position in ranking.pinned.values() if position <= wanted)
    room = wanted - taken - 1
    if room < 0:
        return Rise(wanted, score_there, gap, obstacle=Obstacle.ALL_PLACES_PINNED)
    keys = scored.retrieved.snapshot.columns.pks[ranking.candidates.rows]
    field = field_of(ranking, candidate, keys)
    ahead = always_ahead(field)
    if ahead > room:
        return Rise(wanted, score_there, gap, obstacle=Obstacle.DOMINATED, ahead_always=ahead)
    changes = weight_changes(field, room)
    none = Obstacle.NONE if changes else Obstacle.NO_SINGLE_WEIGHT
    return Rise(wanted, score_there, gap, changes, none, ahead)


def _obstacle(listing: Listing, request: SearchRequest, candidate: int) -> Obstacle:
    """Why weights have no say about this hit's place."""
    ranking = listing.scored.ranking
    if listing.draft is not None:
        return Obstacle.INTERLEAVED
    if listing.scored.retrieved.popular_in:
        return Obstacle.POPULAR_INSTEAD
    if request.sort is not Sort.RELEVANCE:
        return Obstacle.SORTED
    if candidate in ranking.pinned:
        return Obstacle.PINNED
    if multipliers(ranking)[candidate] <= _NOTHING:
        return Obstacle.BURIED
    return Obstacle.NONE


def field_of(ranking: Ranking, candidate: int, keys: "np.typing.NDArray[np.int32]") -> Field:
    """The candidate and all visible ones that no pin holds and no rule put behind the rest.

    Args:
        ranking: of a search.
        candidate: whose field it is.
        keys: int32[m], by which equal scores stand.
    """
    times = multipliers(ranking)
    compete = np.zeros(len(keys), dtype=np.bool_)
    compete[ranking.order] = True
    compete[[candidate, *ranking.pinned]] = False
    compete &= times > _NOTHING
    own = [
        (name, weight) for name, weight in ranking.weights.weights if name not in BESIDE_WEIGHTS
    ]
    names = tuple(name for name, _ in own)
    values = (_values(ranking, names) + _beside(ranking)[:, None]) * times[:, None]
    return Field(
        names=names,
        weights=np.array([weight for _, weight in own]),
        own=values[candidate],
        others=values[compete],
        ties_before=keys[compete] < keys[candidate],
    )


def _beside(ranking: Ranking) -> Float64:
    """float64[m]: what is added beside the weights, which nobody edits as one of them.

    The weights sum to 1, so adding it to every feature's value adds it once to each score.
    """
    found = np.zeros(len(ranking.scores))
    for name, weight in ranking.weights.weights:
        if name in BESIDE_WEIGHTS:
            found += weight * ranking.features[name].astype(np.float64)
    return found


def multipliers(ranking: Ranking) -> Float64:
    """float64[m]: what rules multiplied each weighted sum by; 1 where there was nothing."""
    if ranking.feature_names[-1:] != (RULES_CONTRIBUTION,):
        return np.ones(len(ranking.scores))
    base = ranking.contributions[:, :-1].sum(axis=1)
    changed = base > 0.0
    found = np.ones(len(base))
    found[changed] = ranking.scores[changed] / base[changed]
    return found


def _values(ranking: Ranking, names: tuple[str, ...]) -> Float64:
    given = ranking.candidates
    columns = [
        given.search_score if name == SEARCH_SCORE else ranking.features[name] for name in names
    ]
    return np.stack(columns, axis=1).astype(np.float64)
