"""Storing the generated catalogue."""

from collections.abc import Mapping

from apps.catalog.domain.product_input import ProductInput
from apps.catalog.services import product_upsert_many
from apps.demo.contracts import DemoCatalogue, DemoProduct


def catalogue_store(catalogue: DemoCatalogue) -> str:
    names = {one.path: one.name for one in catalogue.categories}
    counts = product_upsert_many(
        products=(_product_input(product, names) for product in catalogue.products)
    )
    there = counts.updated + counts.unchanged
    return f"{counts.created:,} products made" + (f", {there:,} were there" if there else "")


def _product_input(product: DemoProduct, names: Mapping[str, str]) -> ProductInput:
    steps = product.category_path.split("/")
    paths = ["/".join(steps[: depth + 1]) for depth in range(len(steps))]
    preorder = product.availability == "preorder"
    return ProductInput(
        product_id=product.product_id,
        title=product.title,
        price=product.price,
        currency=product.currency,
        description=product.description,
        link=product.link,
        image_link=product.image_link,
        availability=product.availability,
        availability_date=product.released_at if preorder else None,
        stock=product.stock,
        sale_price=product.sale_price,
        brand=product.brand,
        gtin=product.gtin,
        mpn=product.mpn,
        category=tuple(names[path] for path in paths),
        item_group_id=product.item_group_id,
        attributes=product.attributes,
        released_at=product.released_at,
        active=True,
    )
