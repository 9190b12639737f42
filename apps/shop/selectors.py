"""What the shop's pages read besides search answers."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from django.conf import settings

from apps.catalog.contracts import CategoryTree, ProductDocument
from apps.features.contracts import ServingSnapshot
from apps.features.selectors import serving_snapshot
from apps.search.selectors.presenting import page_documents
from apps.shop.contracts import CartLine, Link, PricedLine

FACET_FIELDS = ("category", "price", "brand", "availability")
FACET_ATTRIBUTES = (
    "color", "size", "material", "format", "language", "screen_size_inch", "capacity_gb",
    "connectivity", "noise_cancelling", "water_resistance", "fit", "volume_litres", "pattern",
)  # fmt: skip
MOST_VARIANTS = 24


def facet_fields() -> tuple[str, ...]:
    """Facets of this catalogue: the fixed ones, and the usual attributes that products have."""
    attributes = serving_snapshot().columns.attributes
    known = [key for key in FACET_ATTRIBUTES if attributes.columns_of(key)]
    return (*FACET_FIELDS, *(f"attr.{key}" for key in known))


def departments() -> tuple[Link, ...]:
    """The top of the tree."""
    tree = serving_snapshot().tree
    return tuple(_link(tree, code) for code in tree.children(None))


def breadcrumbs(path: str) -> tuple[Link, ...]:
    """From the top down to `path`; empty for an unknown one."""
    tree = serving_snapshot().tree
    category = tree.by_path(path)
    if category is None:
        return ()
    codes = (*reversed(tree.ancestors(category.code)), category.code)
    return tuple(_link(tree, code) for code in codes)


def subcategories(path: str) -> tuple[Link, ...]:
    """Direct children of `path`."""
    tree = serving_snapshot().tree
    category = tree.by_path(path)
    return (
        ()
        if category is None
        else tuple(_link(tree, code) for code in tree.children(category.code))
    )


def _link(tree: CategoryTree, code: int) -> Link:
    category = tree.categories[code]
    return Link(category.name, f"/c/{category.path}")


def products(product_ids: Sequence[str]) -> dict[str, ProductDocument]:
    """Active products by external id; from the snapshot's when PostgreSQL is down."""
    snapshot = serving_snapshot()
    rows = [int(row) for row in snapshot.columns.product_ids.rows_of(product_ids) if row >= 0]
    return {one.product_id: one for one in _documents(snapshot, rows)}


def product_pictured(product_id: str) -> ProductDocument | None:
    """An active product as the last artifact has it: a page's pictures then cost no SQL.

    One that is newer than the artifact comes from PostgreSQL.
    """
    snapshot = serving_snapshot()
    row = int(snapshot.columns.product_ids.rows_of([product_id])[0])
    if row < 0 or not snapshot.columns.active[row]:
        return None
    return snapshot.documents.get(row) or products([product_id]).get(product_id)


def product_variants(product: ProductDocument) -> tuple[ProductDocument, ...]:
    """All active products of the same group, itself among them, by id."""
    if not product.item_group_id:
        return (product,)
    snapshot = serving_snapshot()
    columns = snapshot.columns
    code = columns.groups.row_of(product.item_group_id)
    if code < 0:
        return (product,)
    rows = np.flatnonzero((columns.group == code) & columns.active)[:MOST_VARIANTS].tolist()
    return tuple(sorted(_documents(snapshot, rows), key=lambda one: one.product_id))


def _documents(snapshot: ServingSnapshot, rows: Sequence[int]) -> list[ProductDocument]:
    active = np.array([row for row in rows if snapshot.columns.active[row]], dtype=np.int32)
    documents, _from_postgresql = page_documents(snapshot, active)
    return [document for document in documents.values() if document.active]


def cart_priced(lines: Sequence[CartLine]) -> tuple[PricedLine, ...]:
    """The cart's lines at today's prices; products that are gone are left out."""
    found = products([line.product_id for line in lines])
    return tuple(
        _priced(line, found[line.product_id]) for line in lines if line.product_id in found
    )


def _priced(line: CartLine, product: ProductDocument) -> PricedLine:
    unit_price = product.price if product.sale_price is None else product.sale_price
    return PricedLine(
        line=line,
        title=product.title,
        image_link=product.image_link or f"/img/{product.product_id}.svg",
        unit_price=unit_price,
        total=unit_price * line.quantity,
        currency=product.currency,
    )


def storefront_key() -> str:
    """The public API key that pages send events with; empty: no events are sent."""
    if settings.SHOP_STOREFRONT_KEY:
        return str(settings.SHOP_STOREFRONT_KEY)
    path = Path(settings.SHOP_STOREFRONT_KEY_FILE)
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return ""
    return _key_read(path, changed)


@lru_cache(maxsize=4)
def _key_read(path: Path, _changed: int) -> str:
    return path.read_text(encoding="ascii").strip()
