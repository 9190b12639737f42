"""The shelves of the shop's pages, from the same services as the API's."""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec

import structlog
from django.utils import timezone

from apps.common.observability.metrics import degraded_total
from apps.recommendations.contracts import PlacementName, Shopper
from apps.recommendations.contracts_answers import RecommendationRequest, RecommendedItem
from apps.recommendations.contracts_similar import SimilarRequest
from apps.recommendations.selectors.shoppers import shopper_now
from apps.recommendations.services.recommend import recommendation_answer
from apps.recommendations.services.shelf_trials import stored_keys
from apps.recommendations.services.similar import similar_answer
from apps.recommendations.services.viewed import viewed_items
from apps.search.services.stickiness import hashes_read
from apps.shop.contracts import Shelf, Shelved, Visitor

P = ParamSpec("P")
PRINCIPAL = "shop"
MOST_SIMILAR, MOST_VIEWED = 12, 12
UNTITLED = "You may also like"
"""Above a shelf that nothing of its own was found for: its title would promise too much."""
logger = structlog.get_logger(__name__)


class _Page:
    """One page's shelves in the making: its shopper is read once."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.as_of: datetime = timezone.now()
        self.shopper: Shopper = shopper_now(
            client_id=visitor.client_id, session_id=visitor.session_id, as_of=self.as_of
        )

    def shelved(self, *shelves: Shelf | None) -> Shelved:
        return Shelved(tuple([shelf for shelf in shelves if shelf]), self.visitor)


def home_shelves(visitor: Visitor) -> Shelved:
    """What is recommended to this visitor, and what they viewed."""
    page = _Page(visitor)
    return page.shelved(_placed(page, PlacementName.HOME), _viewed(page))


def category_shelves(visitor: Visitor, category: str) -> Shelved:
    """What is recommended to this visitor in a category, by its path."""
    page = _Page(visitor)
    return page.shelved(_placed(page, PlacementName.CATEGORY, category=category))


def product_shelves(visitor: Visitor, product_id: str) -> Shelved:
    """What goes with a product, what is like it, and what else this visitor viewed."""
    page = _Page(visitor)
    beside = _placed(page, PlacementName.PRODUCT, product_ids=(product_id,))
    shown = {item.document.product_id for item in beside.items} if beside else set[str]()
    return page.shelved(
        beside, _similar(page, product_id, shown), _viewed(page, frozenset({product_id}))
    )


def cart_shelves(visitor: Visitor, product_ids: tuple[str, ...]) -> Shelved:
    """What goes with a cart; with an empty one what is recommended to this visitor."""
    page = _Page(visitor)
    name = PlacementName.CART if product_ids else PlacementName.HOME
    return page.shelved(_placed(page, name, product_ids=product_ids), _viewed(page))


def _spared(
    make: Callable[Concatenate[_Page, P], Shelf | None],
) -> Callable[Concatenate[_Page, P], Shelf | None]:
    """A page does without a shelf that cannot be made; it is counted and logged."""

    @wraps(make)
    def made(page: _Page, /, *args: P.args, **kwargs: P.kwargs) -> Shelf | None:
        try:
            return make(page, *args, **kwargs)
        except Exception:  # the page is about something else
            name = make.__name__.removeprefix("_")
            degraded_total.labels(component="shop_shelf", reason=name).inc()
            logger.exception("shop_shelf_raised", shelf=name)
            return None

    return made


@_spared
def _placed(
    page: _Page, name: PlacementName, *, product_ids: tuple[str, ...] = (), category: str = ""
) -> Shelf | None:
    visitor = page.visitor
    request = RecommendationRequest(
        placement=name,
        client_id=visitor.client_id,
        session_id=visitor.session_id,
        product_ids=product_ids,
        category=category,
        attributes={"surface": PRINCIPAL},
        qa=visitor.qa,
        sticky=visitor.sticky,
        principal=PRINCIPAL,
    )
    request = replace(request, stored=hashes_read(stored_keys(request)))
    answer = recommendation_answer(request=request, shopper=page.shopper, as_of=page.as_of)
    page.visitor = replace(visitor, sticky=answer.sticky or visitor.sticky)
    title = answer.placement.title if answer.strategies else UNTITLED
    return _shelf(name.value, title, answer.items, str(answer.query_id))


@_spared
def _similar(page: _Page, product_id: str, besides: Collection[str]) -> Shelf | None:
    """Those that the page does not show yet."""
    request = SimilarRequest(product_id, k=MOST_SIMILAR + len(besides))
    items = similar_answer(request=request, as_of=page.as_of).items
    left = [item for item in items if item.document.product_id not in besides]
    return _shelf("similar", "Similar products", tuple(left[:MOST_SIMILAR]))


@_spared
def _viewed(page: _Page, but: Collection[str] = ()) -> Shelf | None:
    items = viewed_items(shopper=page.shopper, k=MOST_VIEWED + len(but), as_of=page.as_of)
    left = [item for item in items if item.document.product_id not in but]
    return _shelf("viewed", "Recently viewed", tuple(left[:MOST_VIEWED]))


def _shelf(
    name: str, title: str, items: tuple[RecommendedItem, ...], query_id: str = ""
) -> Shelf | None:
    return Shelf(name, title, items, query_id) if items else None
