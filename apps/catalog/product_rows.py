"""Writing many products in one statement; rows that would not change are not touched."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db import connection

from apps.catalog.categories import CategoryPlaces
from apps.catalog.domain.product_input import ProductInput
from apps.common.stamps import stamp_move

# column: (type in the record set, whether null keeps what is stored)
_COLUMNS: dict[str, tuple[str, bool]] = {
    "title": ("text", False),
    "description": ("text", False),
    "link": ("text", False),
    "image_link": ("text", False),
    "additional_image_link": ("text[]", False),
    "availability": ("text", False),
    "availability_date": ("timestamptz", False),
    "stock": ("integer", True),
    "price": ("numeric(12,2)", False),
    "currency": ("text", False),
    "sale_price": ("numeric(12,2)", False),
    "sale_starts_at": ("timestamptz", False),
    "sale_ends_at": ("timestamptz", False),
    "brand": ("text", False),
    "gtin": ("text", False),
    "mpn": ("text", False),
    "condition": ("text", False),
    "google_product_category": ("text", False),
    "product_type": ("text", False),
    "category_id": ("integer", False),
    "item_group_id": ("text", False),
    "attributes": ("jsonb", False),
    "custom_labels": ("text[]", False),
    "feed_fields": ("jsonb", False),
    "released_at": ("timestamptz", True),
    "active": ("boolean", True),
}
_NAMES = ", ".join(_COLUMNS)
_TYPES = ", ".join(f"{name} {kind}" for name, (kind, _) in _COLUMNS.items())
_TAKEN = {
    name: f"coalesce(i.{name}, p.{name})" if keeps else f"i.{name}"
    for name, (_, keeps) in _COLUMNS.items()
}
_DIFFERS = (
    f"({', '.join(f'p.{name}' for name in _COLUMNS)})"
    f" IS DISTINCT FROM ({', '.join(_TAKEN.values())})"
)
_INCOMING = f"""
    incoming AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(%s::jsonb) AS r (product_id text, {_TYPES})
    )
"""
# Not one INSERT … ON CONFLICT: that draws an id for every row it is offered, and a nightly
# feed would run the int4 ids dry. The conflict clause is for two imports at once only.
_UPSERT = f"""
    WITH {_INCOMING},
    updated AS (
        UPDATE catalog_product AS p
        SET {", ".join(f"{name} = {taken}" for name, taken in _TAKEN.items())}
        FROM incoming AS i
        WHERE p.product_id = i.product_id AND {_DIFFERS}
        RETURNING 1
    ),
    inserted AS (
        INSERT INTO catalog_product AS p (product_id, {_NAMES})
        SELECT i.product_id, {
    ", ".join("coalesce(i.active, true)" if name == "active" else f"i.{name}" for name in _COLUMNS)
}
        FROM incoming AS i
        WHERE NOT EXISTS (SELECT 1 FROM catalog_product AS k WHERE k.product_id = i.product_id)
        ORDER BY i.product_id
        ON CONFLICT (product_id) DO UPDATE
        SET {
    ", ".join(
        f"{name} = coalesce(excluded.{name}, p.{name})" if keeps else f"{name} = excluded.{name}"
        for name, (_, keeps) in _COLUMNS.items()
    )
}
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM inserted), (SELECT count(*) FROM updated)
"""
_COMPARE = f"""
    WITH {_INCOMING}
    SELECT count(*) FILTER (WHERE p.id IS NULL),
        count(*) FILTER (WHERE p.id IS NOT NULL AND {_DIFFERS})
    FROM incoming AS i LEFT JOIN catalog_product AS p ON p.product_id = i.product_id
"""


@dataclass(frozen=True, slots=True)
class UpsertCounts:
    """What became of the products of one batch."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: "UpsertCounts") -> "UpsertCounts":
        return UpsertCounts(
            self.created + other.created,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
        )


def rows_write(products: Sequence[ProductInput], places: CategoryPlaces) -> UpsertCounts:
    """Create or update `products`, ids different from each other."""
    counts = _run(_UPSERT, products, places)
    stamp_move()
    return counts


def rows_compare(products: Sequence[ProductInput], places: CategoryPlaces) -> UpsertCounts:
    """What `rows_write` would do."""
    return _run(_COMPARE, products, places)


def _run(statement: str, products: Sequence[ProductInput], places: CategoryPlaces) -> UpsertCounts:
    if not products:
        return UpsertCounts()
    # By id, so that two imports at once wait for each other instead of deadlocking.
    ordered = sorted(products, key=lambda product: product.product_id)
    rows = msgspec.json.encode([_record(product, places) for product in ordered])
    with connection.cursor() as cursor:
        cursor.execute(statement, [rows.decode()])
        created, updated = cursor.fetchone() or (0, 0)
    return UpsertCounts(created, updated, len(products) - created - updated)


def _record(product: ProductInput, places: CategoryPlaces) -> dict[str, Any]:
    record: dict[str, Any] = msgspec.to_builtins(product, builtin_types=())
    names = product.category
    category_id = places.place(names)
    record["category_id"] = -1 if names and category_id is None else category_id
    record["product_type"] = " > ".join(names)
    return record
