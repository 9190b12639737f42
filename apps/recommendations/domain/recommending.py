"""One shelf, from what is asked to its ranking: no clock, no I/O, nothing that is not in `World`.

constraints → strategies → fallbacks → features → the ranking pipeline with rules, variety and
limits; where the candidates cannot keep a limit, others are looked for and all are ranked again.
The endpoint, previews and offline evaluation call the same function.
"""

from dataclasses import dataclass, replace

from apps.catalog.contracts import BoolArray
from apps.features.contracts import ServingSnapshot
from apps.ranking.contracts import Ranking
from apps.ranking.domain.rule_effects import Effect, rules_effect
from apps.recommendations.contracts import (
    Affinity,
    History,
    Int32,
    Shopper,
    Shopping,
    StrategyName,
)
from apps.recommendations.contracts_answers import Fallback, ShelfAsk, World
from apps.recommendations.domain.allowing import Allowing, allowing_of, constraining, rows_of
from apps.recommendations.domain.pooling import (
    Failed,
    Pool,
    Pooling,
    pool_begin,
    popular_pooled,
    spare_for,
    strategies_pooled,
    wanted_for,
)
from apps.recommendations.domain.shelf_limits import rows_crowded
from apps.recommendations.domain.shelf_ranking import Shelf, shelf_ranked
from apps.recommendations.domain.shelf_rules import rules_acting, shelf_context


@dataclass(frozen=True, slots=True, eq=False)
class Recommended:
    """A shelf with everything that it came from.

    Attributes:
        ask: what was asked.
        world: what it was made from.
        shopping: what the strategies were asked.
        allowing: what may be shown, and why not.
        pool: the candidates as they were found; a pinned one that nothing found is not in it.
        ranking: the pipeline's record; its candidates are the pool's, then pinned ones.
        effect: what merchandising rules do; None: nothing.
        about: path of the category that weights and rules were asked for; None: none.
        fallback: what had to fill the shelf.
        failed: strategies that raised.
    """

    ask: ShelfAsk
    world: World
    shopping: Shopping
    allowing: Allowing
    pool: Pool
    ranking: Ranking
    effect: Effect | None
    about: str | None
    fallback: tuple[Fallback, ...]
    failed: tuple[Failed, ...]

    @property
    def rows(self) -> Int32:
        """int32[≤ k]: the snapshot's rows, best first."""
        return self.ranking.rows_ranked()[: self.ask.k]

    @property
    def spare_rows(self) -> Int32:
        """int32: the same, and a few that follow, should some be gone by the time of the page."""
        return self.ranking.rows_ranked()[: spare_for(self.ask.k)]


def recommend(ask: ShelfAsk, world: World) -> Recommended:
    """Make a shelf.

    Raises:
        UnknownFilter: a filter on an attribute that no product has ever had.
    """
    snapshot = world.snapshot
    context = rows_of(snapshot, ask.product_ids)
    about = about_of(ask, snapshot, context)
    effect = shelf_effect(ask, world, about)
    masks = allowing_of(ask, snapshot, context, effect)
    masks |= constraining(
        world.placement.constraints, snapshot, ask.shopper, context, world.as_of.timestamp()
    )
    allowing = Allowing(masks)
    allowed = allowing.rows()
    effect = _pins_allowed(effect, allowed)
    shopping = _shopping(ask, world, context, allowed, about)
    pinned = [] if effect is None else [pin.row for pin in effect.pins]
    pooling = pool_begin(snapshot.columns, shopping.wanted, pinned)
    strategies_pooled(pooling, world.placement, shopping, world.strategies)
    fallback = _filled(pooling, ask.k, shopping, allowing)
    shelf = Shelf(ask, world, shopping, pooling.pool(), effect, about)
    shelf, ranking, told = _ranked(shelf, pooling, allowing)
    fallback = tuple(dict.fromkeys((*fallback, *told)))
    if not len(ranking.order):
        fallback = (Fallback.NOTHING,)
    return Recommended(
        ask, world, shopping, allowing, shelf.pool, ranking, effect, about, fallback,
        tuple(pooling.failed),
    )  # fmt: skip


def _ranked(
    shelf: Shelf, pooling: Pooling, allowing: Allowing
) -> tuple[Shelf, Ranking, tuple[Fallback, ...]]:
    """The shelf in its order, with more candidates while it breaks a limit; what filled it."""
    ranking, told = shelf_ranked(shelf), list[Fallback]()
    constraints, columns = shelf.world.placement.constraints, shelf.world.snapshot.columns
    pinned = [] if shelf.effect is None else [pin.row for pin in shelf.effect.pins]
    for _ in range(shelf.ask.k):  # each look finds a group that has room: that is often enough
        shown = ranking.rows_ranked()[: shelf.ask.k]
        crowded = rows_crowded(constraints, columns, shown, pinned)
        if crowded is None:
            break
        before = len(pooling)
        told += _widened(pooling, shelf, ~crowded, allowing)
        if len(pooling) == before:
            break
        shelf = replace(shelf, pool=pooling.pool())
        ranking = shelf_ranked(shelf)
    return shelf, ranking, tuple(told)


def _widened(
    pooling: Pooling, shelf: Shelf, inside: BoolArray, allowing: Allowing
) -> tuple[Fallback, ...]:
    """As many candidates again, of some rows; by what is popular where no strategy has any."""
    before, shopping = len(pooling), shelf.shopping
    pooling.most = before + shopping.wanted
    asked = replace(shopping, allowed=shopping.allowed & inside & ~pooling.taken)
    strategies_pooled(pooling, shelf.world.placement, asked, shelf.world.strategies)
    return _filled(pooling, before + 1, asked, allowing)


def _shopping(
    ask: ShelfAsk, world: World, context: Int32, allowed: BoolArray, about: str | None
) -> Shopping:
    """What strategies are asked."""
    shopper, as_of = _followed(ask.shopper, world), world.as_of.timestamp()
    node = None if about is None else world.snapshot.tree.by_path(about)
    return Shopping(
        snapshot=world.snapshot,
        shopper=shopper,
        affinity=_affinity(shopper, world, as_of),
        context=context,
        allowed=allowed,
        category=-1 if node is None else node.code,
        wanted=wanted_for(ask.k),
        as_of=as_of,
    )


def about_of(ask: ShelfAsk, snapshot: ServingSnapshot, context: Int32) -> str | None:
    """The category named, else the filtered one, else the one that holds the products."""
    tree = snapshot.tree
    if ask.category and tree.by_path(ask.category) is not None:
        return ask.category
    named = (tree.by_path(path) for path in ask.filters.categories)
    codes = [node.code for node in named if node is not None]
    if not codes:
        codes = [code for code in snapshot.columns.category[context].tolist() if code >= 0]
    common = tree.lowest_common(codes)
    return None if common is None else tree.categories[common].path


def shelf_effect(ask: ShelfAsk, world: World, about: str | None) -> Effect | None:
    """What rules do to a shelf of this placement, wherever it stands; None: nothing."""
    categories = tuple(path for path in (ask.category, *ask.filters.categories) if path)
    acting = rules_acting(
        world.book,
        shelf_context(
            placement=world.placement.name,
            categories=categories or (() if about is None else (about,)),
            attributes=ask.attributes,
            variants=world.variants,
            as_of=world.as_of,
            switches=world.switches,
        ),
    )
    if acting is None:
        return None
    return rules_effect(acting, world.snapshot, ask.filters, places=True)


def _pins_allowed(effect: Effect | None, allowed: BoolArray) -> Effect | None:
    """The same without pins of what the shelf may not show: a pin chooses the place alone."""
    if effect is None or not effect.pins:
        return effect
    return replace(effect, pins=tuple(pin for pin in effect.pins if allowed[pin.row]))


def _followed(shopper: Shopper, world: World) -> Shopper:
    """The shopper as far as they may be followed."""
    personal = world.personalisation
    if not personal.history:
        shopper = replace(shopper, history=History.empty(), solved=None)
    return shopper if personal.session else replace(shopper, session=None)


def _affinity(shopper: Shopper, world: World, as_of: float) -> Affinity | None:
    """Of the whole catalogue, where a strategy looks through it; else candidates are enough."""
    if world.affinity is None or not world.personalisation.history:
        return None
    names = {use.name for use in world.placement.strategies}
    if world.row_affinity is not None and StrategyName.FOR_YOU not in names:
        return None
    return world.affinity(shopper, world.snapshot, as_of)


def _filled(
    pooling: Pooling, enough: int, shopping: Shopping, allowing: Allowing
) -> tuple[Fallback, ...]:
    """What the strategies left short, filled by what is popular; what that was."""
    fallback: list[Fallback] = []
    if len(pooling) < enough and shopping.category >= 0:
        _fill(pooling, Fallback.CATEGORY_POPULAR, _inside(shopping), shopping, fallback)
    if len(pooling) < enough:
        _fill(pooling, Fallback.POPULAR, shopping.allowed, shopping, fallback)
    return tuple(fallback) if len(pooling) else _let_go(pooling, shopping, allowing)


def _let_go(pooling: Pooling, shopping: Shopping, allowing: Allowing) -> tuple[Fallback, ...]:
    """Better a shelf that says so than an empty one; no more goes than is in the way."""
    constraints, filters = Fallback.WITHOUT_CONSTRAINTS, Fallback.WITHOUT_FILTERS
    for told, allowed in (
        ((constraints,), allowing.relaxed),
        ((filters,), allowing.unfiltered),
        ((constraints, filters), allowing.bare),
    ):
        popular_pooled(pooling, told[-1], allowed(), shopping.snapshot.popularity_order)
        if len(pooling):
            return told
    return ()


def _fill(
    pooling: Pooling,
    source: Fallback,
    allowed: BoolArray,
    shopping: Shopping,
    told: list[Fallback],
) -> None:
    before = len(pooling)
    popular_pooled(pooling, source, allowed, shopping.snapshot.popularity_order)
    if len(pooling) > before:
        told.append(source)


def _inside(shopping: Shopping) -> BoolArray:
    """bool[n]: allowed rows of the category that the shelf is about, and below."""
    node = shopping.snapshot.tree.categories[shopping.category]
    codes = shopping.snapshot.columns.category
    inside: BoolArray = shopping.allowed & (codes >= node.code) & (codes < node.end)
    return inside
