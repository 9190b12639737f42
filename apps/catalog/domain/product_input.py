"""The row contract of every feed: what a product must bring, and what is wrong with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from apps.catalog.contracts import AVAILABILITIES, CONDITIONS, AttributeValue
from apps.catalog.domain.field_reading import (
    FieldInvalid,
    attributes_read,
    boolean_read,
    choice_read,
    moment_read,
    money_read,
    period_read,
    text_read,
    texts_read,
    whole_number_read,
)

T = TypeVar("T")
# Merchant fields that become attributes, and go out again under their own names.
ATTRIBUTE_FIELDS = ("age_group", "color", "gender", "material", "pattern", "size", "size_system")
# Merchant fields that only pass through.
PASSING_FIELDS = (
    "cost_of_goods_sold",
    "expiration_date",
    "identifier_exists",
    "product_highlight",
    "promotion_id",
)
_SEVERAL = frozenset({"product_highlight", "promotion_id"})
CUSTOM_LABELS = tuple(f"custom_label_{number}" for number in range(5))
_ALWAYS: tuple[datetime | None, datetime | None] = (None, None)
_DEEPEST = 7
_LONGEST_NAME = 90


@dataclass(frozen=True, slots=True)
class ProductInput:
    """A valid product as a feed or a caller gives it.

    Attributes:
        category: names from the top, ("Electronics", "Audio"); empty for none.
        active, stock, released_at: None keeps what the catalogue has (new: active).
        attributes: keys `[a-z0-9_]+`, values text, number, boolean or several texts.
        feed_fields: Merchant fields that only pass through.
    """

    product_id: str
    title: str
    price: Decimal
    currency: str = "EUR"
    description: str = ""
    link: str = ""
    image_link: str = ""
    additional_image_link: tuple[str, ...] = ()
    availability: str = "in_stock"
    availability_date: datetime | None = None
    stock: int | None = None
    sale_price: Decimal | None = None
    sale_starts_at: datetime | None = None
    sale_ends_at: datetime | None = None
    brand: str = ""
    gtin: str = ""
    mpn: str = ""
    condition: str = "new"
    google_product_category: str = ""
    category: tuple[str, ...] = ()
    item_group_id: str = ""
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    custom_labels: tuple[str, ...] = ()
    feed_fields: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    released_at: datetime | None = None
    active: bool | None = None


class RowInvalid(ValueError):
    """A row that is refused; `problems` are (field, reason), at least one."""

    def __init__(self, problems: tuple[tuple[str, str], ...]) -> None:
        """Keep every problem, so that a row is mended in one go."""
        super().__init__("; ".join(f"{name}: {reason}" for name, reason in problems))
        self.problems = problems


class _Reader:
    """Reads fields one by one and collects what is wrong."""

    def __init__(self, raw: Mapping[str, object]) -> None:
        self.raw = raw
        self.problems: list[tuple[str, str]] = []

    def read(self, name: str, how: Callable[[object], T], fallback: T) -> T:
        try:
            return how(self.raw.get(name))
        except FieldInvalid as error:
            self.problems.append((name, str(error)))
            return fallback

    def texts(self, name: str, *, longest: int, most: int) -> tuple[str, ...]:
        nothing: tuple[str, ...] = ()
        return self.read(
            name, lambda value: texts_read(value, longest=longest, most=most), nothing
        )

    def text(self, name: str, longest: int, *, required: bool = False) -> str:
        before = len(self.problems)
        text = self.read(name, lambda value: text_read(value, longest=longest), "")
        if required and not text and len(self.problems) == before:
            self.problems.append((name, "is required"))
        return text

    def money(self, name: str, currency: str) -> tuple[Decimal, str] | None:
        if self.raw.get(name) in {None, ""}:
            return None
        return self.read(name, lambda value: money_read(value, default_currency=currency), None)


def product_input_read(
    raw: Mapping[str, object], *, default_currency: str = "EUR"
) -> ProductInput:
    """The product in a record with Google Merchant Center's field names.

    Beside them: `currency`, `stock`, `released_at`, `active`, `attributes` (typed).

    Raises:
        RowInvalid: with every problem found.
    """
    reader = _Reader(raw)
    currency = reader.text("currency", 3) or default_currency
    price = reader.money("price", currency)
    if price is None and not any(name == "price" for name, _ in reader.problems):
        reader.problems.append(("price", "is required"))
    amount, currency = price or (Decimal(0), currency.upper())
    if len(currency) != 3 or not (currency.isascii() and currency.isalpha()):  # noqa: PLR2004 - ISO 4217
        reader.problems.append(("currency", f"{currency!r} is not a code such as EUR"))
    sale = reader.money("sale_price", currency)
    if sale is not None and sale[1] != currency:
        reader.problems.append(("sale_price", f"is in {sale[1]}, the price in {currency}"))
    if sale is not None and sale[0] > amount and price is not None:
        reader.problems.append(("sale_price", "is above the price"))
    starts, ends = reader.read("sale_price_effective_date", period_read, _ALWAYS)
    read = ProductInput(
        product_id=reader.text("id", 200, required=True),
        title=reader.text("title", 1000, required=True),
        price=amount,
        currency=currency,
        description=reader.text("description", 50_000),
        link=reader.text("link", 2000),
        image_link=reader.text("image_link", 2000),
        additional_image_link=reader.texts("additional_image_link", longest=2000, most=50),
        availability=reader.read("availability", _availability, "in_stock"),
        availability_date=reader.read("availability_date", moment_read, None),
        stock=reader.read("stock", whole_number_read, None),
        sale_price=None if sale is None else sale[0],
        sale_starts_at=starts,
        sale_ends_at=ends,
        brand=reader.text("brand", 200),
        gtin=reader.text("gtin", 50),
        mpn=reader.text("mpn", 300),
        condition=reader.read("condition", _condition, "new"),
        google_product_category=reader.text("google_product_category", 750),
        category=reader.read("product_type", category_names_read, ()),
        item_group_id=reader.text("item_group_id", 200),
        attributes=_attributes(reader),
        custom_labels=_custom_labels(reader),
        feed_fields=_feed_fields(reader),
        released_at=reader.read("released_at", moment_read, None),
        active=reader.read("active", boolean_read, None),
    )
    if reader.problems:
        raise RowInvalid(tuple(reader.problems))
    return read


def _availability(value: object) -> str:
    return choice_read(value, AVAILABILITIES, default="in_stock")


def _condition(value: object) -> str:
    return choice_read(value, CONDITIONS, default="new")


def category_names_read(value: object) -> tuple[str, ...]:
    """`Home > Audio > Headphones`, or a list of names; of several paths the first.

    Raises:
        FieldInvalid: too deep, or a name that is too long or has no letter or digit.
    """
    if isinstance(value, list | tuple):
        value = value[0] if value else ""
    names = tuple(
        name.strip() for name in text_read(value, longest=1000).split(">") if name.strip()
    )
    if len(names) > _DEEPEST:
        raise FieldInvalid(f"is {len(names)} levels deep, the most is {_DEEPEST}")
    for name in names:
        if len(name) > _LONGEST_NAME or not any(letter.isalnum() for letter in name):
            raise FieldInvalid(f"{name[:40]!r} cannot name a category")
    return names


def _attributes(reader: _Reader) -> dict[str, AttributeValue]:
    nothing: dict[str, AttributeValue] = {}
    found = reader.read("attributes", attributes_read, nothing)
    for name in ATTRIBUTE_FIELDS:
        texts = reader.texts(name, longest=200, most=50)
        if texts:
            found[name] = texts if len(texts) > 1 else texts[0]
    return found


def _custom_labels(reader: _Reader) -> tuple[str, ...]:
    """Up to the last that is set; gaps are empty texts."""
    labels = [reader.text(name, 100) for name in CUSTOM_LABELS]
    while labels and not labels[-1]:
        labels.pop()
    return tuple(labels)


def _feed_fields(reader: _Reader) -> dict[str, str | tuple[str, ...]]:
    found: dict[str, str | tuple[str, ...]] = {}
    for name in PASSING_FIELDS:
        most = 100 if name in _SEVERAL else 1
        texts = reader.texts(name, longest=1000, most=most)
        if texts:
            found[name] = texts if len(texts) > 1 else texts[0]
    return found
