"""Reads of the catalogue. The columns' statements each see one snapshot of the database."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from django.db import connection, transaction
from django.utils import timezone

from apps.catalog.contracts import (
    AttributeValue,
    CatalogChanges,
    CategoryTree,
    ProductColumns,
    ProductDocument,
    ProductRow,
)
from apps.catalog.domain.columns import (
    columns_build,
    columns_patch,
    columns_recoded,
    columns_repriced,
)
from apps.catalog.domain.sale_sql import sale_price_now_sql
from apps.catalog.domain.tree import CategoryNode, tree_build
from apps.catalog.models import Category, Product
from apps.common.snapshots import Snapshot

TREE_VERSION = "catalog:tree"
# More changes than this are loaded afresh: a patch would cost as much, and more memory.
PATCH_AT_MOST = 20_000

_ROW = """
    p.id, p.product_id, p.active, p.category_id, p.brand, p.price::float8, p.sale_price::float8,
    extract(epoch FROM p.sale_starts_at)::float8, extract(epoch FROM p.sale_ends_at)::float8,
    p.availability, extract(epoch FROM p.released_at)::float8, p.item_group_id,
    p.attributes::text
"""
_HORIZON = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"


def _fingerprint_sql(horizon: str) -> str:
    """Which rows carry a transaction id at or past `horizon`: how many, and a sum over them.

    The sum mixes row and transaction, so that a change which replaces another is seen even
    when count and greatest id stay. Few rows qualify: the index answers in microseconds.
    """
    return f"""(
        SELECT count(*)::text || ':' || coalesce(sum(hashint8extended(m.xid, m.id)), 0)::text
        FROM (
            SELECT changed_xid AS xid, id::bigint AS id
            FROM catalog_product WHERE changed_xid >= {horizon}
            UNION ALL
            SELECT changed_xid, -product_pk::bigint
            FROM catalog_tombstone WHERE changed_xid >= {horizon}
        ) AS m
    )"""


def staleness_sql() -> str:
    """A scalar subselect that answers columns' fingerprint; takes `%(horizon)s`.

    Columns whose `fingerprint` differs from what it answers for their `horizon` are stale.
    """
    return _fingerprint_sql("%(horizon)s")


def _category_tree_load() -> CategoryTree:
    rows = Category.objects.values_list("id", "parent_id", "name", "path", "rank")
    return tree_build(CategoryNode(*row) for row in rows)


_tree: Snapshot[CategoryTree] = Snapshot(
    "category_tree", _category_tree_load, versions=(TREE_VERSION,)
)


def category_tree() -> CategoryTree:
    """The current tree, from memory."""
    return _tree.get()


def category_tree_fresh() -> CategoryTree:
    """The tree as this transaction sees it; for writers."""
    return _category_tree_load()


def _product_row(row: Sequence[Any]) -> ProductRow:
    return ProductRow(*(*row[:12], attributes_read(row[12])))


_plain_attributes = msgspec.json.Decoder(dict[str, str | int | float | bool | tuple[str, ...]])


def attributes_read(text: str) -> dict[str, AttributeValue]:
    """Attributes from their JSON; lists become tuples, nulls and objects are left out."""
    try:
        # Nearly all are plain: then the decoder's own answer is the answer.
        return _plain_attributes.decode(text)
    except msgspec.ValidationError:
        return attributes_read_plain(msgspec.json.decode(text))


def attributes_read_plain(read: Mapping[str, Any]) -> dict[str, AttributeValue]:
    """The same from decoded JSON."""
    return {
        key: tuple(str(each) for each in value) if isinstance(value, list) else value
        for key, value in read.items()
        if value is not None and not isinstance(value, dict)
    }


def columns_load() -> ProductColumns:
    """The whole catalogue as columns, streamed by a server-side cursor.

    The horizon is read before the rows: a change between the two is read twice, never missed.
    """
    horizon, fingerprint = _state()
    # After the horizon: a product in a category younger than this tree is read again.
    _tree.reload()
    return columns_build(
        product_rows(),
        category_tree(),
        as_of=timezone.now().timestamp(),
        horizon=horizon,
        fingerprint=fingerprint,
    )


def _state() -> tuple[int, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT h.horizon, {_fingerprint_sql('h.horizon')}"
            f" FROM (SELECT {_HORIZON} AS horizon) AS h"
        )
        horizon, fingerprint = cursor.fetchone() or (0, "")
    return int(horizon), str(fingerprint)


def product_rows(batch: int = 2000) -> Iterator[ProductRow]:
    """Every product by pk; `batch` rows are in memory at a time."""
    for row in rows_streamed(f"SELECT {_ROW} FROM catalog_product AS p ORDER BY p.id", batch):
        yield _product_row(row)


def rows_streamed(statement: str, batch: int) -> Iterator[Sequence[Any]]:
    """A statement's rows by a server-side cursor, `batch` at a time."""
    with transaction.atomic():
        # psycopg's own named cursor: Django has one only behind the ORM.
        with connection.cursor():
            pass
        with connection.connection.cursor(name="catalog_stream") as cursor:
            cursor.itersize = batch
            cursor.execute(statement)
            yield from cursor


def columns_changes(horizon: int) -> CatalogChanges:
    """What was written by transactions at or past `horizon`, in one statement.

    `new_horizon` is the oldest transaction still running: whatever it and later ones write
    is seen by the next call, however late they commit.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH state AS MATERIALIZED (
                SELECT h.horizon, {_fingerprint_sql("h.horizon")} AS fingerprint, ARRAY(
                    SELECT DISTINCT product_pk FROM catalog_tombstone
                    WHERE changed_xid >= %(horizon)s
                ) AS deleted
                FROM (SELECT {_HORIZON} AS horizon) AS h
            )
            SELECT state.horizon, state.fingerprint, state.deleted, {_ROW}
            FROM state LEFT JOIN catalog_product AS p ON p.changed_xid >= %(horizon)s
            """,
            {"horizon": horizon},
        )
        found = cursor.fetchall()
    new_horizon, fingerprint, deleted = found[0][:3]
    rows = tuple(_product_row(row[3:]) for row in found if row[3] is not None)
    return CatalogChanges(rows, tuple(deleted), int(new_horizon), str(fingerprint))


def columns_change_count(horizon: int) -> int:
    """How many products were written by transactions at or past `horizon`."""
    return Product.objects.filter(changed_xid__gte=horizon).count()


def columns_refresh(columns: ProductColumns) -> ProductColumns:
    """The columns as the database has them now: patched, or loaded afresh after an import.

    Rows stay aligned with `columns` exactly when `result.pks[:len(columns)]` equals its pks;
    after a fresh load they need not be.
    """
    if columns_change_count(columns.horizon) > PATCH_AT_MOST:
        return columns_load()
    as_of = timezone.now().timestamp()
    changes = columns_changes(columns.horizon)
    if not changes.rows and not changes.deleted_pks:
        columns = columns_recoded(columns_repriced(columns, as_of=as_of), category_tree())
        return _at(columns, changes)
    return columns_patch(
        columns,
        changes.rows,
        changes.deleted_pks,
        _tree_with(changes.rows),
        as_of=as_of,
        horizon=changes.new_horizon,
        fingerprint=changes.fingerprint,
    )


def _tree_with(rows: Sequence[ProductRow]) -> CategoryTree:
    """The tree in memory; read again when `rows` know a category that it does not."""
    tree = category_tree()
    if any(row.category_id is not None and tree.code_of_id(row.category_id) < 0 for row in rows):
        _tree.reload()
    return category_tree()


def _at(columns: ProductColumns, changes: CatalogChanges) -> ProductColumns:
    return replace(columns, horizon=changes.new_horizon, fingerprint=changes.fingerprint)


_DOCUMENTS = f"""
    SELECT p.id, p.product_id, p.title, p.description, p.brand, coalesce(c.path, ''), p.price,
        {sale_price_now_sql("p.")}, p.currency, p.availability, p.image_link, p.link,
        p.attributes::text, p.item_group_id, p.released_at, p.active
    FROM catalog_product AS p LEFT JOIN catalog_category AS c ON c.id = p.category_id
    WHERE p.id = ANY(%s)
"""


def _document(row: Sequence[Any]) -> ProductDocument:
    return ProductDocument(*(*row[1:12], attributes_read(row[12]), *row[13:]))


def documents_by_pk(pks: Iterable[int]) -> dict[int, ProductDocument]:
    """What an answer shows of each product that exists; one plain SQL."""
    with connection.cursor() as cursor:
        cursor.execute(_DOCUMENTS, [[int(pk) for pk in pks]])
        return {row[0]: _document(row) for row in cursor.fetchall()}


def documents_stream(batch: int = 1000) -> Iterator[tuple[int, ProductDocument]]:
    """(pk, document) of every product by pk, streamed."""
    statement = _DOCUMENTS.replace("WHERE p.id = ANY(%s)", "ORDER BY p.id")
    for row in rows_streamed(statement, batch):
        yield row[0], _document(row)


def pks_by_product_id(product_ids: Iterable[str]) -> dict[str, int]:
    """The pk of each external id that exists."""
    found = Product.objects.filter(product_id__in=list(product_ids))
    return dict(found.values_list("product_id", "id"))


@dataclass(frozen=True, slots=True)
class ProductsChanged:
    """Products written since a horizon, deleted ones apart."""

    pks: tuple[int, ...]
    deleted_pks: tuple[int, ...]
    new_horizon: int


def products_changed_since(horizon: int) -> ProductsChanged:
    """Only the pks; 0 answers every product. One statement, as `columns_changes`."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT {_HORIZON},
                ARRAY(SELECT id FROM catalog_product WHERE changed_xid >= %(h)s ORDER BY id),
                ARRAY(SELECT DISTINCT product_pk FROM catalog_tombstone
                      WHERE changed_xid >= %(h)s ORDER BY 1)
            """,
            {"h": horizon},
        )
        new_horizon, pks, deleted = cursor.fetchone() or (0, [], [])
    return ProductsChanged(tuple(pks), tuple(deleted), int(new_horizon))


_TEXTS = """
    SELECT id, concat_ws(' ', title, nullif(brand, ''), nullif(category_name, ''),
        nullif(left(description, 300), ''))
    FROM catalog_product WHERE id = ANY(%s) ORDER BY id
"""


def texts_for_embedding(pks: Iterable[int]) -> list[tuple[int, str]]:
    """(pk, what an encoder reads of it): title, brand, category, start of the description."""
    with connection.cursor() as cursor:
        cursor.execute(_TEXTS, [[int(pk) for pk in pks]])
        return list(cursor.fetchall())
