"""The product page and its picture."""

import hashlib

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from apps.catalog.contracts import ProductDocument
from apps.features.selectors_kept import product_features
from apps.shop.contracts import Link
from apps.shop.domain.pages import badges, facet_title
from apps.shop.domain.pictures import picture_svg
from apps.shop.selectors import breadcrumbs, product_pictured, product_variants, products
from apps.shop.shelves import product_shelves
from apps.shop.views.frame import page_render
from apps.shop.visitor import visitor_of

PICTURE_SECONDS = 24 * 3600
AXES = ("color", "size", "format")


@require_safe
def product_page(request: HttpRequest, product_id: str) -> HttpResponse:
    product = products([product_id]).get(product_id)
    if product is None:
        return page_render(request, "shop/missing.html", {}, status=404)
    variants = product_variants(product)
    shelved = product_shelves(visitor_of(request), product_id)
    context = {
        "product": product,
        "trail": breadcrumbs(product.category_path),
        "variants": _variant_links(product, variants),
        "facts": [
            (facet_title(f"attr.{key}"), value) for key, value in product.attributes.items()
        ],
        "shelves": shelved.shelves,
        "badges": badges(product_features(product_id) or {}),
        "query_id": _short(request.GET.get("qid", "")),
        "position": _short(request.GET.get("pos", "")),
        "buyable": product.availability != "out_of_stock",
    }
    return page_render(request, "shop/product.html", context, visitor=shelved.visitor)


@require_safe
def picture(request: HttpRequest, product_id: str) -> HttpResponse:
    """A drawing of the product; the same bytes until its category or colour changes."""
    product = product_pictured(product_id)
    if product is None:
        return HttpResponse("There is no such picture.", status=404, content_type="text/plain")
    svg = picture_svg(
        product_id=product.product_id,
        title=product.title,
        category_path=product.category_path,
        colour=str(product.attributes.get("color", "")),
    )
    tag = f'"{hashlib.sha256(svg.encode()).hexdigest()[:20]}"'
    same = request.headers.get("If-None-Match") == tag
    response = HttpResponse(
        b"" if same else svg, content_type="image/svg+xml", status=304 if same else 200
    )
    response["ETag"] = tag
    response["Cache-Control"] = f"public, max-age={PICTURE_SECONDS}"
    return response


def _variant_links(
    product: ProductDocument, variants: tuple[ProductDocument, ...]
) -> tuple[Link, ...]:
    if len(variants) < 2:  # noqa: PLR2004 - one variant is no choice
        return ()
    return tuple(
        Link(_variant_name(one), f"/p/{one.product_id}", one.product_id == product.product_id)
        for one in variants
    )


def _variant_name(product: ProductDocument) -> str:
    parts = [str(product.attributes[axis]) for axis in AXES if axis in product.attributes]
    return ", ".join(parts) or product.title


def _short(text: str) -> str:
    """An id or a number from a link, as an event may carry it."""
    return text if len(text) <= 36 and text.replace("-", "").isalnum() else ""  # noqa: PLR2004 - a UUID's length
