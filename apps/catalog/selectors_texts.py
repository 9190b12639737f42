"""What of each product is searched for words: the whole catalogue, or what changed of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from apps.catalog.contracts import AttributeValue
from apps.catalog.selectors import attributes_read, rows_streamed

_TEXT = """
    p.id, p.title, p.brand, p.mpn, p.product_id, p.gtin, p.category_name, p.product_type,
    p.attributes::text, p.description, p.changed_xid
"""
_HORIZON = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"


@dataclass(frozen=True, slots=True)
class CatalogText:
    """The texts of one active product, as the shop wrote them.

    Attributes:
        pk: the product.
        categories: the category's own name, then the names from the top down.
        attributes: every text among the attributes' values, keys ascending.
        version: the transaction that wrote it.
    """

    pk: int
    title: str
    brand: str
    mpn: str
    product_id: str
    gtin: str
    categories: tuple[str, ...]
    attributes: tuple[str, ...]
    description: str
    version: int


@dataclass(frozen=True, slots=True)
class TextsChanged:
    """Products written since a horizon.

    Attributes:
        texts: of those that are active now.
        gone: pks of those that are inactive or deleted now.
        new_horizon: where to go on from.
    """

    texts: tuple[CatalogText, ...]
    gone: tuple[int, ...]
    new_horizon: int


def texts_horizon() -> int:
    """The horizon of texts that are read from now on: read it before them."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_HORIZON}")
        return int((cursor.fetchone() or (0,))[0])


def texts_ceiling() -> int:
    """The first transaction that has not begun yet: what it and later ones write is new."""
    with connection.cursor() as cursor:
        # The snapshot's end may lie before the transaction that asks: what that one has
        # written it also reads.
        cursor.execute(
            "SELECT greatest(pg_snapshot_xmax(pg_current_snapshot())::text::bigint, "
            "pg_current_xact_id_if_assigned()::text::bigint + 1)"
        )
        return int((cursor.fetchone() or (0,))[0])


def texts_stream(batch: int = 2000) -> Iterator[CatalogText]:
    """Every active product by pk; `batch` rows are in memory at a time."""
    statement = f"SELECT {_TEXT} FROM catalog_product AS p WHERE p.active ORDER BY p.id"
    return (_text(row) for row in rows_streamed(statement, batch))


def texts_change_count(horizon: int) -> int:
    """How many products were written or deleted by transactions at or past `horizon`."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (SELECT count(*) FROM catalog_product WHERE changed_xid >= %(h)s)
                + (SELECT count(*) FROM catalog_tombstone WHERE changed_xid >= %(h)s)
            """,
            {"h": horizon},
        )
        return int((cursor.fetchone() or (0,))[0])


def texts_changed(horizon: int) -> TextsChanged:
    """What was written by transactions at or past `horizon`, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT {_HORIZON}, ARRAY(
                SELECT DISTINCT product_pk FROM catalog_tombstone WHERE changed_xid >= %(h)s
            ), p.active, {_TEXT}
            FROM (SELECT 1) AS one LEFT JOIN catalog_product AS p ON p.changed_xid >= %(h)s
            ORDER BY p.id
            """,
            {"h": horizon},
        )
        found = cursor.fetchall()
    new_horizon, deleted = found[0][:2]
    rows = [row[2:] for row in found if row[2] is not None]
    inactive = [row[1] for row in rows if not row[0]]
    return TextsChanged(
        texts=tuple(_text(row[1:]) for row in rows if row[0]),
        gone=(*inactive, *(set(deleted) - {row[1] for row in rows})),
        new_horizon=int(new_horizon),
    )


def _text(row: Sequence[Any]) -> CatalogText:
    names = tuple(each.strip() for each in row[7].split(" > ") if each.strip())
    return CatalogText(
        pk=row[0],
        title=row[1],
        brand=row[2],
        mpn=row[3],
        product_id=row[4],
        gtin=row[5],
        categories=(row[6], *names) if row[6] else names,
        attributes=_texts_of(attributes_read(row[8])),
        description=row[9],
        version=row[10],
    )


def _texts_of(attributes: dict[str, AttributeValue]) -> tuple[str, ...]:
    found: list[str] = []
    for _, value in sorted(attributes.items()):
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, tuple):
            found += value
    return tuple(found)
