"""Template filters of the shop's pages."""

from decimal import Decimal

from django import template

from apps.catalog.contracts import ProductDocument
from apps.features.contracts import FEATURE_TITLES
from apps.shop.contracts import Link

register = template.Library()
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£"}


@register.filter
def money(amount: Decimal, currency: str) -> str:
    """`€1,299.00`; a currency without a sign stands behind the number."""
    text = f"{amount:,.2f}"
    return f"{SYMBOLS[currency]}{text}" if currency in SYMBOLS else f"{text} {currency}"


@register.filter
def percent(share: float) -> str:
    return f"{100 * share:.0f} %"


@register.filter
def saving(price: Decimal, sale_price: Decimal) -> str:
    """How much less, as shops write it: `-20 %`."""
    return f"-{100 * (1 - sale_price / price):.0f} %"


@register.filter
def picture(product: object) -> str:
    """The product's own picture, or our drawing of it."""
    link = str(getattr(product, "image_link", ""))
    return link or f"/img/{getattr(product, 'product_id', '')}.svg"


@register.filter
def fact(value: object) -> str:
    """An attribute's value for people."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, float):
        return f"{value:g}"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


@register.filter
def words(text: str) -> str:
    return text.replace("_", " ")


@register.filter
def last_label(trail: tuple[Link, ...]) -> str:
    return trail[-1].label if trail else ""


@register.filter
def depth(path: str) -> int:
    """How deep a category's path lies, from 0."""
    return path.count("/")


@register.filter
def feature_title(feature: str) -> str:
    return FEATURE_TITLES.get(feature, words(feature))


@register.filter
def unit_price(product: ProductDocument) -> Decimal:
    """What one piece costs now."""
    return product.price if product.sale_price is None else product.sale_price
