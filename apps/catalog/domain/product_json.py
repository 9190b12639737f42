"""A product as answers of the API carry it."""

from apps.catalog.contracts import ProductDocument


def product_document(product: ProductDocument) -> dict[str, object]:
    """Prices are numbers: two decimals of the product's currency."""
    return {
        "product_id": product.product_id,
        "title": product.title,
        "description": product.description,
        "brand": product.brand,
        "category": product.category_path,
        "price": float(product.price),
        "sale_price": None if product.sale_price is None else float(product.sale_price),
        "currency": product.currency,
        "availability": product.availability,
        "image_link": product.image_link,
        "link": product.link,
        "attributes": product.attributes,
        "item_group_id": product.item_group_id,
        "released_at": product.released_at,
    }
