"""A small catalogue: as rows for the pure rooms, and in PostgreSQL for the others."""

from datetime import datetime

from apps.catalog.contracts import ProductColumns, ProductRow
from apps.catalog.domain.columns import columns_build
from apps.catalog.domain.tree import CategoryNode, tree_build
from apps.catalog.models import Category, Product

TREE = tree_build(
    [
        CategoryNode(10, None, "Electronics", "electronics"),
        CategoryNode(11, 10, "Audio", "electronics/audio"),
        CategoryNode(20, None, "Books", "books"),
    ]
)
DAY = 86_400.0
AS_OF = 100 * DAY


def product_row(pk: int, **changes: object) -> ProductRow:
    given: dict[str, object] = {
        "pk": pk,
        "product_id": f"p{pk}",
        "active": True,
        "category_id": 11,
        "brand": "HP",
        "list_price": 10.0,
        "sale_price": None,
        "sale_starts": None,
        "sale_ends": None,
        "availability": "in_stock",
        "released": AS_OF - 90 * DAY,
        "item_group_id": "",
        "attributes": {"colour": "red", "size": 4.0, "new": True, "fits": ("a", "b")},
    }
    return ProductRow(**{**given, **changes})  # type: ignore[arg-type]  # keyword by keyword


def columns_of(*rows: ProductRow) -> ProductColumns:
    return columns_build(rows, TREE, as_of=AS_OF, horizon=7, fingerprint="0:0")


def categories_create() -> dict[str, Category]:
    electronics = Category.objects.create(
        name="Electronics", slug="electronics", path="electronics"
    )
    audio = Category.objects.create(
        name="Audio", slug="audio", path="electronics/audio", parent=electronics
    )
    return {"electronics": electronics, "electronics/audio": audio}


def product_create(
    product_id: str, released_at: datetime | None = None, **fields: object
) -> Product:
    return Product.objects.create(
        product_id=product_id,
        title=f"Title of {product_id}",
        price="10.00",
        released_at=released_at,
        **fields,
    )
