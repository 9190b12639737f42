"""A played history as events: what the shop's pages would have sent."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
from numpy.random import PCG64, Generator, SeedSequence

from apps.common.domain.uuid7 import uuid7_at
from apps.demo.contracts import DemoCatalogue, DemoProduct, FloatArray
from apps.demo.domain.history import SearchLog
from apps.demo.domain.visits import Visits

MOST_QUERY_SECONDS = 2.0
CLICK_S, VIEW_S, CART_S, BUY_S = 6.0, 1.5, 45.0, 240.0
"""Seconds until a click (by position), to its page view, to the cart, to the purchase."""
RETURN_DAYS = (3.0, 14.0)
_TAIL_BYTES, _TAILS_AT_ONCE = 10, 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class HistoryEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """One event in the native shape; a line of the import file."""

    type: str
    event_id: str
    occurred_at: datetime
    client_id: str
    session_id: str
    query_id: str | None = None
    user_id: str | None = None
    product_id: str | None = None
    position: int | None = None
    quantity: int | None = None
    value: Decimal | None = None
    currency: str | None = None
    attributes: dict[str, str] | None = None


def history_events(
    catalogue: DemoCatalogue,
    visits: Visits,
    logs: tuple[SearchLog, ...],
    *,
    seed: int,
    as_of: datetime,
) -> Iterator[HistoryEvent]:
    """All events, search by search; none lies after `as_of`. The same seed, the same ids."""
    for number, log in enumerate(logs):
        rng = Generator(PCG64(SeedSequence([seed, 3, number])))
        writer = _Writer(rng, catalogue, visits, as_of)
        for row in range(len(log.search)):
            yield from writer.search(log, row)


class _Writer:
    """Writes one leaf's searches; draws delays and ids from one generator, in a fixed order."""

    def __init__(
        self, rng: Generator, catalogue: DemoCatalogue, visits: Visits, as_of: datetime
    ) -> None:
        """Keep what every event needs."""
        self._rng = rng
        self._products = catalogue.products
        self._visits = visits
        self._until = as_of.timestamp()
        self._bytes = b""

    def search(self, log: SearchLog, row: int) -> Iterator[HistoryEvent]:
        """The search itself, its impressions, and whatever followed."""
        place = int(log.search[row])
        started = float(self._visits.moment[place])
        shopper = int(self._visits.shopper[place])
        frame = _Frame(
            client_id=f"demo-client-{shopper:05d}",
            session_id=f"demo-session-{int(self._visits.session[place]):06d}",
            query_id=str(uuid7_at(_moment(started), self._tail())),
            user_id=f"shopper-{shopper:05d}" if self._visits.known[place] else None,
        )
        yield self._event(frame, "search", started, attributes={"query": log.queries[row]})
        delays = self._rng.uniform(0.3, 1.0, size=(log.shown.shape[1], 4))
        for column in range(log.shown.shape[1]):
            product = int(log.shown[row, column])
            if product >= 0:
                yield from self._result(
                    frame, log, (row, column), started=started, delays=delays[column]
                )

    def _result(
        self,
        frame: "_Frame",
        log: SearchLog,
        cell: tuple[int, int],
        *,
        started: float,
        delays: FloatArray,
    ) -> Iterator[HistoryEvent]:
        product = self._products[int(log.shown[cell])]
        position, played = cell[1] + 1, log.behaviour
        seen = started + MOST_QUERY_SECONDS * float(delays[0])
        yield self._event(frame, "impression", seen, product, position)
        if not played.clicked[cell]:
            return
        clicked = seen + CLICK_S * position * float(delays[1])
        yield self._event(frame, "click", clicked, product, position)
        yield self._event(frame, "view", clicked + VIEW_S, product, position)
        if not played.carted[cell]:
            return
        carted = clicked + CART_S * float(delays[2])
        units = max(int(played.units[cell]), 1)
        yield self._event(frame, "add_to_cart", carted, product, position, units=units)
        if not played.units[cell]:
            return
        bought = carted + BUY_S * float(delays[3])
        yield self._event(frame, "purchase", bought, product, position, units=units)
        if played.returned[cell]:
            yield from self._refund(frame, product, bought, units)

    def _refund(
        self, frame: "_Frame", product: DemoProduct, bought: float, units: int
    ) -> Iterator[HistoryEvent]:
        back = bought + float(self._rng.uniform(*RETURN_DAYS)) * 86_400.0
        if back < self._until:
            yield self._event(frame, "refund", back, product, units=units)

    def _event(
        self,
        frame: "_Frame",
        kind: str,
        moment: float,
        product: DemoProduct | None = None,
        position: int | None = None,
        *,
        units: int | None = None,
        attributes: dict[str, str] | None = None,
    ) -> HistoryEvent:
        occurred_at = _moment(min(moment, self._until))
        sold = product is not None and units is not None
        return HistoryEvent(
            type=kind,
            event_id=str(uuid7_at(occurred_at, self._tail())),
            occurred_at=occurred_at,
            client_id=frame.client_id,
            session_id=frame.session_id,
            query_id=frame.query_id,
            user_id=frame.user_id,
            product_id=product.product_id if product else None,
            position=position,
            quantity=units,
            value=line_value(product, units) if product is not None and units else None,
            currency=product.currency if product is not None and sold else None,
            attributes=attributes,
        )

    def _tail(self) -> bytes:
        # Drawn in blocks: one call a byte string would be a third of the whole run.
        if not self._bytes:
            self._bytes = self._rng.bytes(_TAIL_BYTES * _TAILS_AT_ONCE)
        tail, self._bytes = self._bytes[:_TAIL_BYTES], self._bytes[_TAIL_BYTES:]
        return tail


class _Frame(msgspec.Struct, frozen=True):
    """What all events of one search share."""

    client_id: str
    session_id: str
    query_id: str
    user_id: str | None


def line_value(product: DemoProduct, units: int) -> Decimal:
    """What `units` of it cost now."""
    unit_price = product.price if product.sale_price is None else product.sale_price
    return unit_price * units


def _moment(seconds: float) -> datetime:
    return _EPOCH + timedelta(milliseconds=int(seconds * 1000))
