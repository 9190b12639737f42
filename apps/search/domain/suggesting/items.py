"""What a suggestion is, and what was asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

MOST_SUGGESTIONS = 20
DEFAULT_SUGGESTIONS = 10
# Each is shown with picture and price, and costs a look at its document.
MOST_PRODUCTS = 5


class SuggestionType(StrEnum):
    """What is suggested; the order in which they are shown."""

    QUERY = "query"
    CATEGORY = "category"
    BRAND = "brand"
    PRODUCT = "product"


@dataclass(frozen=True, slots=True)
class SuggestRequest:
    """A checked request.

    Attributes:
        query: as typed so far.
        limit: at most so many suggestions, of all types together.
        types: which are wanted, each once.
    """

    query: str = ""
    limit: int = DEFAULT_SUGGESTIONS
    types: tuple[SuggestionType, ...] = tuple(SuggestionType)


@dataclass(frozen=True, slots=True)
class ProductCard:
    """What a suggestion shows of a product.

    Attributes:
        product_id: the shop's.
        title, brand: as the shop wrote them.
        category: the category's path; empty for none.
        price: the list price.
        sale_price: what a shopper pays now, where that is another; else None.
        currency: of both.
        image_link, link: addresses.
    """

    product_id: str
    title: str
    brand: str
    category: str
    price: float
    sale_price: float | None
    currency: str
    image_link: str
    link: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One line of the list.

    Attributes:
        type: what it is.
        text: to be shown, and for a query to be searched.
        highlighted: the same as escaped HTML, what was typed in `<mark>`.
        category: a category's path; empty for what is none.
        trail: names of a category from the top down to it.
        brand: a brand as its filter takes it; empty for what is none.
        products: active products of a category or brand; 0 for the others.
        product: of a product.
    """

    type: SuggestionType
    text: str
    highlighted: str
    category: str = ""
    trail: tuple[str, ...] = ()
    brand: str = ""
    products: int = 0
    product: ProductCard | None = None


@dataclass(frozen=True, slots=True)
class Suggestions:
    """The answer.

    Attributes:
        query: as typed.
        items: by type, of each type the best first.
        took_ms: time inside.
        degraded: what was missing.
    """

    query: str
    items: tuple[Suggestion, ...]
    took_ms: float
    degraded: Sequence[str] = ()
