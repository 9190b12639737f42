"""The catalogue as a Google Merchant feed that imports again as it was."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO

from apps.catalog.domain.feed_records import REPEATED_FIELDS, attribute_details, values_join
from apps.catalog.domain.product_input import ATTRIBUTE_FIELDS, CUSTOM_LABELS, PASSING_FIELDS
from apps.catalog.models import Product
from apps.catalog.selectors import attributes_read_plain

# Merchant's names, then ours that it ignores.
EXPORTED = (
    "id", "title", "description", "link", "image_link", "additional_image_link", "availability",
    "availability_date", "price", "sale_price", "sale_price_effective_date", "brand", "gtin",
    "mpn", "condition", "google_product_category", "product_type", "item_group_id",
    *ATTRIBUTE_FIELDS, "product_detail", *CUSTOM_LABELS, *PASSING_FIELDS,
    "stock", "released_at", "active",
)  # fmt: skip
_BATCH = 1000


def export_write(stream: IO[str], *, include_inactive: bool) -> int:
    """Write the TSV; answers how many products it holds. One batch is in memory at a time."""
    writer = csv.DictWriter(stream, EXPORTED, delimiter="\t", lineterminator="\n", restval="")
    writer.writeheader()
    count = 0
    for product in _products(include_inactive=include_inactive):
        writer.writerow(_row(product))
        count += 1
    return count


def _products(*, include_inactive: bool) -> Iterator[Product]:
    """By pk, in batches of their own statements, so that nothing is held open."""
    last = 0
    while True:
        found = Product.objects.filter(pk__gt=last).order_by("pk")
        if not include_inactive:
            found = found.filter(active=True)
        batch = list(found.defer("search_vector", "attributes_text")[:_BATCH])
        yield from batch
        if len(batch) < _BATCH:
            return
        last = batch[-1].pk


def _row(product: Product) -> dict[str, str]:
    attributes = attributes_read_plain(product.attributes)
    row = {
        "id": product.product_id,
        "price": f"{product.price} {product.currency}",
        "additional_image_link": values_join(product.additional_image_link),
        "product_detail": values_join(attribute_details(attributes)),
        "availability_date": _moment(product.availability_date),
        "sale_price_effective_date": _period(product),
        "stock": "" if product.stock is None else str(product.stock),
        "released_at": _moment(product.released_at),
        "active": str(product.active).lower(),
    }
    if product.sale_price is not None:
        row["sale_price"] = f"{product.sale_price} {product.currency}"
    for name in (
        "title", "description", "link", "image_link", "availability", "brand", "gtin", "mpn",
        "condition", "google_product_category", "product_type", "item_group_id",
    ):  # fmt: skip
        row[name] = str(getattr(product, name))
    for name in ATTRIBUTE_FIELDS:
        value = attributes.get(name)
        if isinstance(value, str):
            row[name] = value
    row |= dict(zip(CUSTOM_LABELS, product.custom_labels, strict=False))
    for name, value in product.feed_fields.items():
        texts = [value] if isinstance(value, str) else value
        row[name] = values_join(texts) if name in REPEATED_FIELDS else texts[0]
    return row


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).isoformat()


def _period(product: Product) -> str:
    starts, ends = product.sale_starts_at, product.sale_ends_at
    return "" if starts is None and ends is None else f"{_moment(starts)}/{_moment(ends)}"
