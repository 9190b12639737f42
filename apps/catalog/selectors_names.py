"""Products by what a person types of them: an id, or the beginnings of words."""

import re
from dataclasses import dataclass

from django.contrib.postgres.search import SearchQuery
from django.db.models import Case, IntegerField, Q, Value, When

from apps.catalog.models import Product

_WORD = re.compile(r"\w+")
_MOST_WORDS = 8


@dataclass(frozen=True, slots=True)
class NamedProduct:
    """A product as a picker shows it; `product_id` is the feed's."""

    product_id: str
    title: str
    brand: str
    image_link: str
    active: bool


def products_named(text: str, *, limit: int = 10) -> tuple[NamedProduct, ...]:
    """Products for a picker: the one with this id first, then by the words' beginnings.

    Args:
        text: as typed so far.
        limit: at most so many.
    """
    words = _WORD.findall(text)[:_MOST_WORDS]
    if not words:
        return ()
    asked = SearchQuery(
        " & ".join(f"{word}:*" for word in words), config="endcap", search_type="raw"
    )
    exact = text.strip()
    first = Case(
        When(product_id=exact, then=Value(0)), default=Value(1), output_field=IntegerField()
    )
    rows = (
        Product.objects.filter(
            Q(product_id=exact) | Q(product_id__startswith=exact) | Q(search_vector=asked)
        )
        .order_by(first, "-active", "title")
        .values_list("product_id", "title", "brand", "image_link", "active")[:limit]
    )
    return tuple(NamedProduct(*row) for row in rows)


def product_titles(product_ids: tuple[str, ...]) -> dict[str, str]:
    """The title of each external id that exists."""
    found = Product.objects.filter(product_id__in=product_ids)
    return dict(found.values_list("product_id", "title"))
