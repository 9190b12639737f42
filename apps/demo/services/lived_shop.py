"""The shop as a shopper of the lived days meets it: its shelf, its search, and what they know.

The same code that answers over HTTP, at a moment that lies behind: whoever asks and what they
did is handed over instead of read, for Redis and the clock know only now.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import numpy as np

from apps.demo.contracts import DemoCatalogue, DemoProduct, ShopperConfig
from apps.demo.domain.browsing import SeenHit
from apps.demo.domain.lived import (
    PAGE,
    SHELF,
    UNASKED,
    WANTED,
    LivedSearch,
    LivedShelf,
    LivedVisit,
)
from apps.demo.domain.shelves import query_match
from apps.events.contracts import EventType
from apps.events.contracts_history import DayLines
from apps.events.contracts_sessions import MOST_ENTRIES, SessionEntry, SessionState
from apps.events.selectors_history import history_of_user
from apps.recommendations.contracts import PlacementName, Shopper
from apps.recommendations.contracts_answers import RecommendationRequest
from apps.recommendations.domain.histories import history_of, lines_joined, session_lines
from apps.recommendations.services.recommend import recommendation_answer
from apps.search.contracts import SearchRequest
from apps.search.contracts_asker import Asker, Followed
from apps.search.services.answer import answer_make
from apps.search.services.begun import search_begin
from apps.search.services.kept_answers import UNTOLD
from apps.search.services.page_packing import PAGES
from apps.search.services.serving import search_serve

PRINCIPAL = "demo"
_DAY_S = 86_400.0


@dataclass(slots=True)
class Visitor:
    """A shopper, in one visit.

    Attributes:
        user_id, client_id, session_id: as events name them.
        stored: what they did before this visit.
        entries: this visit's, newest first.
    """

    user_id: str
    client_id: str
    session_id: str
    stored: DayLines
    entries: deque[SessionEntry] = field(default_factory=lambda: deque(maxlen=MOST_ENTRIES))

    def saw(self, events: list[dict[str, object]], at: float) -> None:
        """What their browser has just told the shop."""
        for event in events:
            kind = EventType(str(event["type"]))
            if kind not in {EventType.IMPRESSION, EventType.SEARCH, EventType.REFUND}:
                product = str(event["product_id"])
                self.entries.appendleft(SessionEntry(kind, at, product, user_id=self.user_id))

    def bought(self) -> frozenset[str]:
        """What they bought in this visit."""
        return frozenset(
            entry.product_id
            for entry in self.entries
            if entry.type is EventType.PURCHASE and entry.product_id is not None
        )

    def looked_at(self, at: float) -> frozenset[str]:
        """What they looked at, in this visit or before, and have not bought."""
        lines = self.lines(at)
        bought = zip(lines.product_ids, np.isfinite(lines.bought_at).tolist(), strict=True)
        return frozenset(lines.product_ids) - {product_id for product_id, was in bought if was}

    def lines(self, at: float) -> DayLines:
        """All that they did."""
        return lines_joined(self.stored, session_lines(self._session(), at))

    def shopper(self, at: float) -> Shopper:
        """As the shop knows them now."""
        return Shopper(
            self.user_id,
            self.client_id,
            self.session_id,
            history_of(self.lines(at)),
            self._session(),
        )

    def _session(self) -> SessionState:
        return SessionState(self.session_id, tuple(self.entries))


class Memory:
    """What every shopper has done so far: stored at first, then as they live on."""

    def __init__(self, since: datetime) -> None:
        self._since = since
        self._lines: dict[str, DayLines] = {}

    def of(self, user_id: str, client_id: str) -> DayLines:
        """The lines of a shopper, of whom some were never logged in before."""
        if user_id not in self._lines:
            self._lines[user_id] = history_of_user(user_id, client_id=client_id, as_of=self._since)
        return self._lines[user_id]

    def keep(self, visitor: Visitor, at: float) -> None:
        """Their visit is over."""
        self._lines[visitor.user_id] = visitor.lines(at)


@dataclass(frozen=True, slots=True)
class Shop:
    """What shoppers look at.

    Attributes:
        products: of the demo's catalogue, by id.
        config: of the shoppers.
    """

    products: Mapping[str, DemoProduct]
    config: ShopperConfig

    @classmethod
    def of(cls, catalogue: DemoCatalogue, config: ShopperConfig) -> "Shop":
        """Of a catalogue."""
        return cls({one.product_id: one for one in catalogue.products}, config)

    def shown(
        self,
        look: LivedSearch | LivedShelf,
        visit: LivedVisit,
        visitor: Visitor,
        query_id: UUID,
    ) -> list[SeenHit]:
        """What a shopper is shown now; logged like any other answer."""
        if isinstance(look, LivedSearch):
            return self._search(look, visitor, query_id)
        return self._shelf(look, visit.category, visitor, query_id)

    def _shelf(
        self, look: LivedShelf, wanted: str, visitor: Visitor, query_id: UUID
    ) -> list[SeenHit]:
        at = look.moment
        answer = recommendation_answer(
            request=RecommendationRequest(
                placement=PlacementName.CATEGORY if look.category else PlacementName.HOME,
                user_id=visitor.user_id,
                client_id=visitor.client_id,
                session_id=visitor.session_id,
                category=look.category,
                k=SHELF,
                principal=PRINCIPAL,
                query_id=query_id,
            ),
            shopper=visitor.shopper(at),
            as_of=datetime.fromtimestamp(at, UTC),
        )
        found = [self.products[item.document.product_id] for item in answer.items]
        relevance = [WANTED if one.category_path == wanted else UNASKED for one in found]
        return self._seen(found, relevance, at)

    def _search(self, search: LivedSearch, visitor: Visitor, query_id: UUID) -> list[SeenHit]:
        at = search.moment
        begun = search_begin(
            request=SearchRequest(
                query=search.typed,
                per_page=PAGE,
                asker=Asker(visitor.user_id, visitor.client_id, visitor.session_id, PRINCIPAL),
                follows=Followed(visitor.shopper(at), at),
            ),
            as_of=datetime.fromtimestamp(at, UTC),
            kind=PAGES.kind,
            query_id=query_id,
        )
        served = search_serve(begun=begun, packing=PAGES, told=UNTOLD, make=answer_make)
        answer = served.answer or PAGES.unpack(served.body, served.frame)
        found = [self.products[hit.document.product_id] for hit in answer.hits]
        return self._seen(found, [query_match(search.query, one) for one in found], at)

    def _seen(
        self, products: list[DemoProduct], relevance: list[float], at: float
    ) -> list[SeenHit]:
        half_life = self.config.freshness_half_life_days
        return [
            SeenHit(
                product_id=one.product_id,
                position=position,
                category=one.category_path,
                brand=one.brand,
                price=float(one.price),
                sale_price=None if one.sale_price is None else float(one.sale_price),
                currency=one.currency,
                freshness=0.5 ** (max(at - one.released_at.timestamp(), 0.0) / _DAY_S / half_life),
                relevance=fits,
            )
            for position, (one, fits) in enumerate(zip(products, relevance, strict=True), start=1)
        ]
