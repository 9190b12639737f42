"""What the route would have answered at a past moment, by its own core over a frozen world."""

from dataclasses import replace
from datetime import datetime

from django.conf import settings

from apps.catalog.domain.columns import columns_recoded
from apps.catalog.selectors import category_tree_fresh, columns_load
from apps.events.selectors import product_interaction_scores
from apps.events.selectors_history import history_of_user
from apps.features.contracts import ServingSnapshot
from apps.features.domain.serving import interaction_totals, snapshot_build
from apps.recommendations.contracts import PlacementName, Shopper, StrategyName
from apps.recommendations.contracts_answers import ShelfAsk, World
from apps.recommendations.domain.evaluation import K
from apps.recommendations.domain.histories import history_of
from apps.recommendations.domain.recommending import recommend
from apps.recommendations.selectors.affinity import affinity_by
from apps.recommendations.selectors.placements import placement_named
from apps.recommendations.selectors.worlds import ShelfPlan, world_now
from apps.recommendations.services.evaluating import Stage, SystemLists

# What reads nothing but what it is given: other strategies know what happened after the cut.
_TIMELESS = (StrategyName.FOR_YOU, StrategyName.POPULAR)
_FOR_EVER_DAYS = 36_500


def snapshot_at(as_of: datetime) -> ServingSnapshot:
    """The catalogue of now with the features of then; published nowhere."""
    columns, tree = columns_load(), category_tree_fresh()
    columns = columns_recoded(columns, tree)
    scores = product_interaction_scores(
        as_of=as_of,
        window_days=settings.POPULARITY_WINDOW_DAYS,
        half_life_days=settings.POPULARITY_HALF_LIFE_DAYS,
    )
    return snapshot_build(
        columns=columns,
        tree=tree,
        totals=interaction_totals(columns, scores),
        as_of=as_of.timestamp(),
        freshness_half_life_days=settings.FRESHNESS_HALF_LIFE_DAYS,
    )


def lists_served(stage: Stage) -> SystemLists:
    """The shelf "home" of every judged shopper: as it is, and without what they ever bought."""
    world = _world(stage)
    constraints = replace(world.placement.constraints, not_bought_days=0)
    without = replace(constraints, not_bought_days=_FOR_EVER_DAYS)
    worlds = [
        replace(world, placement=replace(world.placement, constraints=each))
        for each in (constraints, without)
    ]
    everything, new = {}, {}
    for user in stage.taken:
        lines = history_of_user(user, as_of=stage.cut)
        shopper = Shopper(user_id=user, history=history_of(lines))
        everything[user], new[user] = (_shelf(shopper, each) for each in worlds)
    return SystemLists(everything, new)


def _world(stage: Stage) -> World:
    """Rules, weights and the placement of now; catalogue, features and model of then."""
    plan = ShelfPlan(placement=placement_named(PlacementName.HOME))
    world = world_now(plan, stage.cut)
    return replace(
        world,
        snapshot=snapshot_at(stage.cut),
        strategies={
            name: world.strategies[name] for name in _TIMELESS if name in world.strategies
        },
        affinity=affinity_by(stage.trained.model),
        boosts=None,
    )


def _shelf(shopper: Shopper, world: World) -> list[str]:
    found = recommend(ShelfAsk(shopper=shopper, k=K), world)
    names = world.snapshot.columns.product_ids
    return [names.get(int(row)) for row in found.rows]
