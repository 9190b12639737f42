"""What the shop's pages are made of."""

from dataclasses import dataclass
from decimal import Decimal

from apps.recommendations.contracts_answers import RecommendedItem
from apps.search.contracts import FacetLine


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at the page, as events name them.

    Attributes:
        client_id: the browser, for a year.
        session_id: the visit, until half an hour of rest.
        fresh: whether this request is their first.
        qa: the signed token of a QA link that they followed; empty for shoppers.
        sticky: first assignments that the browser carries for experiments that chose so.
    """

    client_id: str
    session_id: str
    fresh: bool
    qa: str = ""
    sticky: str = ""


@dataclass(frozen=True, slots=True)
class CartLine:
    """One product in the cart and where it was found.

    Attributes:
        query_id: the search answer it came from; empty when from none.
        position: its 1-based rank there; 0 when from none.
    """

    product_id: str
    quantity: int
    query_id: str = ""
    position: int = 0


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line of the cart page: the product as it is sold now.

    Attributes:
        unit_price: the sale price where there is one.
        total: quantity times unit price.
    """

    line: CartLine
    title: str
    image_link: str
    unit_price: Decimal
    total: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Link:
    """A label and where it leads; `current` marks where the reader is."""

    label: str
    url: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class FacetBox:
    """One facet as a group of the filter form.

    Attributes:
        field: as the API calls it, `attr.color`.
        title: for people.
        single: only one value may be chosen (radio buttons).
        first: lines shown at once.
        rest: lines behind "more".
    """

    field: str
    title: str
    single: bool
    first: tuple[FacetLine, ...]
    rest: tuple[FacetLine, ...]

    @property
    def parameter(self) -> str:
        """The form field's name."""
        return f"filter[{self.field}]"


@dataclass(frozen=True, slots=True)
class WhyBar:
    """One feature of the explanation drawer.

    Attributes:
        value: the feature of this product in [0, 1]; None when it has no source.
        weight: as it was used; None when its weight was shared out.
        contribution: weight times value.
        left, width: its part of the stacked bar, in percent of the score.
        tone: number of its colour, from 1.
    """

    feature: str
    title: str
    value: float | None
    weight: float | None
    contribution: float
    left: float
    width: float
    tone: int


@dataclass(frozen=True, slots=True)
class Shelf:
    """A row of recommended products.

    Attributes:
        name: unique on its page.
        title: above it.
        items: at least one.
        query_id: of the answer that events of its products carry; empty: none is attributed.
    """

    name: str
    title: str
    items: tuple[RecommendedItem, ...]
    query_id: str = ""


@dataclass(frozen=True, slots=True)
class Shelved:
    """The shelves of a page.

    Attributes:
        shelves: those that have something on them, from the top.
        visitor: with the first assignments that the browser carries from now on.
    """

    shelves: tuple[Shelf, ...]
    visitor: Visitor
