"""The answer as JSON values, and the OpenAPI schemas that it is held to."""

from apps.catalog.contracts import ProductDocument
from apps.ranking.domain.records import record_document, weights_document
from apps.search.contracts import Hit, SearchAnswer

Json = dict[str, object]


def answer_document(answer: SearchAnswer) -> Json:
    category = answer.category
    return {
        "query": answer.query,
        "query_id": str(answer.query_id),
        "page": answer.page,
        "per_page": answer.per_page,
        "pages": answer.pages,
        "found": answer.found,
        "took_ms": answer.took_ms,
        "sort": str(answer.sort),
        "hits": [hit_document(hit) for hit in answer.hits],
        "facets": answer.facets,
        "category": {
            "detected": category.path if category else None,
            "share": category.share if category else None,
        },
        "weights": weights_document(answer.weights),
        "matching": {
            "keyword": str(answer.matching.keyword),
            "semantic": answer.matching.semantic,
        },
        "applied_rules": answer.applied_rules,
        "experiments": answer.experiments,
        "degraded": answer.degraded,
        **({"sticky": answer.sticky} if answer.sticky else {}),
    }


def hit_document(hit: Hit) -> Json:
    document: Json = {
        **product_document(hit.document),
        "position": hit.position,
        "score": hit.score,
        "highlights": hit.highlights,
    }
    if hit.record is not None:
        document["explanation"] = record_document(hit.record)
    return document


def product_document(product: ProductDocument) -> Json:
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
