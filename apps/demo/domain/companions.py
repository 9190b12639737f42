"""What is bought with what: companions of a product, and shoppers who take them along.

Every product has a few fixed companions, one of each category that goes with its own: of the same
brand where that has one, and there the one that is best to everyone. Who buys a product may look
at them on its page, and buy them in the same visit. All of it is drawn from the purchase's own id:
no other draw moves by it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from numpy.random import PCG64, Generator, SeedSequence

from apps.common.domain.uuid7 import uuid7_at
from apps.demo.contracts import DEFAULT_BRANCH, DemoCatalogue, DemoProduct, ShopperConfig
from apps.demo.domain.goes_with import GOES_WITH
from apps.demo.domain.history_events import RETURN_DAYS, HistoryEvent, line_value
from apps.demo.domain.latents import appeal, latent_uniforms

LOOKED_S, CARTED_S, NEXT_S = 60.0, 8.0, 15.0
"""Seconds before the purchase at which the first is looked at, until it is in the cart, and
until the next one is looked at."""
_STREAM, _ID_BYTES = 9, 10
Companions = Mapping[str, tuple[DemoProduct, ...]]


@dataclass(frozen=True, slots=True)
class _Step:
    """What somebody does with a companion; one is bought at a time."""

    kind: str
    product: DemoProduct
    at: datetime
    event_id: str

    @property
    def sold(self) -> bool:
        return self.kind != "view"


def companions_of(catalogue: DemoCatalogue, config: ShopperConfig) -> Companions:
    """The companions of every product by its id, the likeliest first.

    Those that are sold out are nobody's; neither are variants of the product itself.
    """
    shelves: dict[str, list[DemoProduct]] = {}
    quality = appeal(config.seed, [one.product_id for one in catalogue.products])
    for place in (-quality).argsort(kind="stable").tolist():
        product = catalogue.products[place]
        if product.availability == "in_stock":
            shelves.setdefault(product.category_path, []).append(product)
    return {one.product_id: tuple(_natural(one, shelves, config)) for one in catalogue.products}


def _natural(
    product: DemoProduct, shelves: Mapping[str, Sequence[DemoProduct]], config: ShopperConfig
) -> Iterator[DemoProduct]:
    for path in GOES_WITH.get(product.category_path, ()):
        others = [
            one for one in shelves.get(path, ()) if one.item_group_id != product.item_group_id
        ]
        brands = sorted({one.brand for one in others})
        if not brands:
            continue
        brand = product.brand
        if brand not in brands:
            # Of another branch, whose brands are others: one of them, always the same.
            name = f"{brand}|{path}"
            drawn = latent_uniforms(config.seed, "companion", [name])[0, 0]
            brand = brands[int(drawn * len(brands))]
        yield next(one for one in others if one.brand == brand)


def history_with_companions(
    events: Iterable[HistoryEvent],
    companions: Companions,
    *,
    config: ShopperConfig,
    until: datetime,
) -> Iterator[HistoryEvent]:
    """The same events, and after each purchase what was bought with it.

    Args:
        events: of a history.
        companions: from `companions_of`.
        config: the shopper's parameters.
        until: aware; nothing lies after it.
    """
    for event in events:
        yield event
        if event.type == "purchase" and event.product_id is not None:
            for step in _steps(
                event.event_id,
                companions.get(event.product_id, ()),
                bought=event.occurred_at,
                config=config,
                until=until,
                looked_s=LOOKED_S,
            ):
                yield _history_event(event, step)


def answer_companions(
    events: Sequence[dict[str, object]],
    companions: Companions,
    *,
    config: ShopperConfig,
    until: datetime,
) -> list[dict[str, object]]:
    """What a browser would send besides `answer_events`: of what was bought with its purchases.

    Everything but a refund happens at the purchase's own moment, as the answer's events do.

    Args:
        events: from `answer_events`.
        companions: from `companions_of`.
        config: the shopper's parameters.
        until: aware; no refund lies after it.
    """
    return [
        _native(event, step)
        for event in events
        if event["type"] == "purchase"
        for step in _steps(
            str(event["event_id"]),
            companions.get(str(event["product_id"]), ()),
            bought=datetime.fromisoformat(str(event["occurred_at"])),
            config=config,
            until=until,
            looked_s=0.0,
        )
    ]


def _steps(
    purchase_id: str,
    companions: Sequence[DemoProduct],
    *,
    bought: datetime,
    config: ShopperConfig,
    until: datetime,
    looked_s: float,
) -> Iterator[_Step]:
    """What the shopper of one purchase does with its companions, in order of time for each."""
    rng = Generator(PCG64(SeedSequence([config.seed, _STREAM, UUID(purchase_id).int])))
    if rng.random() >= config.companion_chance:
        return
    share = looked_s / LOOKED_S
    for rank, (product, chance) in enumerate(
        zip(companions, config.companion_views, strict=False)
    ):
        viewed, carted, taken, returned = rng.random(4)
        looked = bought - timedelta(seconds=share * (LOOKED_S - rank * NEXT_S))
        if viewed >= chance or product.released_at > looked:
            continue
        yield _step(rng, "view", product, looked)
        if carted >= config.companion_cart:
            continue
        yield _step(rng, "add_to_cart", product, looked + timedelta(seconds=share * CARTED_S))
        if taken >= config.companion_purchase:
            continue
        yield _step(rng, "purchase", product, bought)
        back = bought + timedelta(days=float(rng.uniform(*RETURN_DAYS)))
        if returned < _return_chance(product, config) and back < until:
            yield _step(rng, "refund", product, back)


def _step(rng: Generator, kind: str, product: DemoProduct, at: datetime) -> _Step:
    return _Step(kind, product, at, str(uuid7_at(at, rng.bytes(_ID_BYTES))))


def _return_chance(product: DemoProduct, config: ShopperConfig) -> float:
    branch = product.category_path.split("/", 1)[0]
    return config.return_chance.get(branch, config.return_chance[DEFAULT_BRANCH])


def _history_event(purchase: HistoryEvent, step: _Step) -> HistoryEvent:
    """From the product's page: no search led there, and there was no position."""
    return msgspec.structs.replace(
        purchase,
        type=step.kind,
        event_id=step.event_id,
        occurred_at=step.at,
        query_id=None,
        product_id=step.product.product_id,
        position=None,
        quantity=1 if step.sold else None,
        value=line_value(step.product, 1) if step.sold else None,
        currency=step.product.currency if step.sold else None,
    )


def _native(purchase: Mapping[str, object], step: _Step) -> dict[str, object]:
    line = {
        "quantity": 1,
        "value": float(line_value(step.product, 1)),
        "currency": step.product.currency,
    }
    return {
        "event_id": step.event_id,
        "occurred_at": step.at.isoformat(),
        "user_id": purchase["user_id"],
        "client_id": purchase["client_id"],
        "session_id": purchase["session_id"],
        "type": step.kind,
        "product_id": step.product.product_id,
        **(line if step.sold else {}),
    }
