"""A shelf's candidates through the ranking pipeline: features, weights, rules, variety, limits."""

from dataclasses import dataclass, replace

import numpy as np

from apps.features.contracts import (
    CF_SCORE,
    REVISIT_SCORE,
    SEARCH_SCORE,
    SESSION_BOOST,
    ServingSnapshot,
)
from apps.ranking.contracts import Candidates, Diversity, Ranking
from apps.ranking.domain.pipeline import rank
from apps.ranking.domain.rule_effects import Effect
from apps.ranking.domain.unfound import candidates_unfound
from apps.ranking.domain.variety import Variety
from apps.ranking_weights.contracts import ResolvedWeights
from apps.ranking_weights.domain.resolve import weights_resolve_from
from apps.recommendations.contracts import Constraints, Float32, Int32, Shopping
from apps.recommendations.contracts_answers import ShelfAsk, World
from apps.recommendations.domain.likeness import likeness_of
from apps.recommendations.domain.pooling import Pool, spare_for

STRATEGY_ORDER = "strategy_order"


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """What is ranked.

    Attributes:
        ask: what was asked.
        world: what it is made from.
        shopping: what the strategies were asked.
        pool: what they found.
        effect: what merchandising rules do; None: nothing.
        about: path of the category that weights are asked for; None: none.
    """

    ask: ShelfAsk
    world: World
    shopping: Shopping
    pool: Pool
    effect: Effect | None
    about: str | None


def shelf_ranked(shelf: Shelf) -> Ranking:
    """The pool in its order, pinned products that nothing found among it."""
    world, shopping, pool, effect = shelf.world, shelf.shopping, shelf.pool, shelf.effect
    found = candidates_unfound(pool.rows, pool.scores)
    given = found if effect is None else effect.joined(found)
    fetched = given.rows[len(found) :]
    tiers = _padded(pool.tiers, len(given))
    features = _features(given, shelf)
    weights = _weights(world, frozenset({SEARCH_SCORE, *features}), shelf.about)
    extra = _extra(shelf, given, tiers, features)
    columns = shopping.snapshot.columns
    return rank(
        candidates=given,
        features=features,
        weights=replace(weights, weights=(*weights.weights, *extra)),
        tie_break=columns.pks[given.rows].astype(np.int64),
        rules=() if effect is None else effect.rules(fetched.tolist(), by_score=True),
        variety=_variety(shelf, given, tiers, dict(extra).get(STRATEGY_ORDER, 0.0)),
        diversity=limits_of(
            world.placement.constraints, shopping.snapshot, given.rows, shelf.ask.k
        ),
    )


def _features(given: Candidates, shelf: Shelf) -> dict[str, Float32]:
    """Stored features, and the shopper's own where there are any."""
    shopping, at = shelf.shopping, given.rows.astype(np.intp)
    features = {name: column.take(at) for name, column in shopping.snapshot.features.items()}
    own = _own(shelf, given.rows)
    return features if own is None else features | {CF_SCORE: own}


def _own(shelf: Shelf, rows: Int32) -> Float32 | None:
    """float32[m]: how much the shopper's history points to each row; None: nowhere."""
    world, shopping = shelf.world, shelf.shopping
    if shopping.affinity is not None:
        return shopping.affinity.scores.take(rows)
    if world.row_affinity is None or not world.personalisation.history:
        return None
    return world.row_affinity(shopping.shopper, shopping.snapshot, rows, shopping.as_of)


def _extra(
    shelf: Shelf, given: Candidates, tiers: Int32, features: dict[str, Float32]
) -> tuple[tuple[str, float], ...]:
    """What is added to the weighted sum: what follows the shopper, and the strategies' order.

    The latter outweighs everything else, so that only a rule moves a product past what an
    earlier strategy found.
    """
    follows = shelf.world.personalisation
    weights = {
        SESSION_BOOST: follows.session_weight if follows.session else 0.0,
        REVISIT_SCORE: follows.revisit_weight if follows.history else 0.0,
    }
    found = _following(shelf, given.rows, {name for name, one in weights.items() if one > 0.0})
    features.update(found)
    extra = [(name, weights[name]) for name in found]
    last = int(tiers.max(initial=0))
    if last > int(tiers.min(initial=last)):
        features[STRATEGY_ORDER] = ((last - tiers) / last).astype(np.float32)
        extra.append((STRATEGY_ORDER, last * (1.0 + sum(weights.values()))))
    return tuple(extra)


def _following(shelf: Shelf, rows: Int32, wanted: set[str]) -> dict[str, Float32]:
    """What of the shopper's doings has a weight, and points to any of the rows."""
    shopping, world = shelf.shopping, shelf.world
    shopper, snapshot = shopping.shopper, shopping.snapshot
    found: dict[str, Float32 | None] = {}
    if SESSION_BOOST in wanted and world.boosts is not None:
        found[SESSION_BOOST] = world.boosts(shopper, snapshot, rows)
    if REVISIT_SCORE in wanted and world.revisits is not None:
        found[REVISIT_SCORE] = world.revisits(shopper, snapshot, rows, shopping.as_of)
    return {name: scores for name, scores in found.items() if scores is not None}


def _weights(world: World, available: frozenset[str], about: str | None) -> ResolvedWeights:
    """The placement's own set; without one, or where none of its features has a source, others."""
    placement = world.placement
    if placement.weights is not None:
        own = weights_resolve_from(
            published={}, category_path=about, available=available, override=placement.weights
        )
        if own.source == "override":
            name = f"placement:{placement.name.value}"
            return replace(own, subject=name, number=placement.number, chain=(f"{name}: used",))
    return world.weigh(about, available)


def _padded(tiers: Int32, size: int) -> Int32:
    """Tiers of the pool, and the last one for pinned products that nothing found."""
    last = int(tiers.max(initial=0))
    return np.concatenate([tiers, np.full(size - len(tiers), last, dtype=np.int32)])


def _variety(shelf: Shelf, given: Candidates, tiers: Int32, order: float) -> Variety | None:
    world = shelf.world
    share = world.placement.diversity
    if share >= 1.0 or not len(given):
        return None
    last = max(1, int(tiers.max(initial=0)))
    apart = order * ((last - tiers) / last)
    likeness = likeness_of(world.snapshot, given.rows, world.vectors)
    return Variety(share, likeness, spare_for(shelf.ask.k), apart.astype(np.float64))


def limits_of(
    constraints: Constraints, snapshot: ServingSnapshot, rows: Int32, k: int
) -> tuple[Diversity, ...]:
    """At most so many of a brand, and of a category, on the shelf."""
    columns, limits = snapshot.columns, []
    if constraints.most_per_brand:
        limits.append(Diversity(columns.brand[rows], constraints.most_per_brand, k, "brand"))
    if constraints.most_per_category:
        most = constraints.most_per_category
        limits.append(Diversity(columns.category[rows], most, k, "category"))
    return tuple(limits)
