"""What the route would have answered at a past moment, by its own core over a frozen world."""

from dataclasses import replace

from apps.events.selectors_history import history_of_user
from apps.features.selectors_past import snapshot_past
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
        snapshot=snapshot_past(stage.cut),
        strategies={
            name: world.strategies[name] for name in _TIMELESS if name in world.strategies
        },
        affinity=affinity_by(stage.trained.model),
        row_affinity=None,  # the served model's: it learnt from what came after the cut
        boosts=None,
    )


def _shelf(shopper: Shopper, world: World) -> list[str]:
    found = recommend(ShelfAsk(shopper=shopper, k=K), world)
    for failed in found.failed:
        raise failed.error  # figures of a shelf that lacks a strategy are of no worth
    names = world.snapshot.columns.product_ids
    return [names.get(int(row)) for row in found.rows]
