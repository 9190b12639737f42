"""The cart: forms that work without JavaScript; with it, each also sends its event."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from apps.shop import cart
from apps.shop.contracts import CartLine
from apps.shop.selectors import cart_priced, products
from apps.shop.shelves import cart_shelves
from apps.shop.views.frame import page_render
from apps.shop.visitor import visitor_of

MOST_POSITION = 10_000


@require_safe
def cart_page(request: HttpRequest) -> HttpResponse:
    lines = cart_priced(cart.cart_of(request))
    shelved = cart_shelves(visitor_of(request), tuple(one.line.product_id for one in lines))
    context = {
        "lines": lines,
        "total": sum(line.total for line in lines),
        "currency": lines[0].currency if lines else "",
        "bought": "bought" in request.GET and not lines,
        "shelves": shelved.shelves,
    }
    return page_render(request, "shop/cart.html", context, visitor=shelved.visitor)


@require_POST
def cart_add(request: HttpRequest) -> HttpResponse:
    product_id = request.POST.get("product_id", "")
    product = products([product_id]).get(product_id)
    if product is None or product.availability == "out_of_stock":
        return page_render(request, "shop/missing.html", {}, status=404)
    line = CartLine(
        product_id,
        _number(request.POST.get("quantity", "1"), cart.MOST_PIECES) or 1,
        request.POST.get("query_id", "")[:36],
        _number(request.POST.get("position", "0"), MOST_POSITION),
    )
    response = HttpResponseRedirect(_back(request, "/cart"))
    cart.cart_remember(response, cart.cart_add(cart.cart_of(request), line))
    return response


@require_POST
def cart_remove(request: HttpRequest) -> HttpResponse:
    response = HttpResponseRedirect("/cart")
    left = cart.cart_remove(cart.cart_of(request), request.POST.get("product_id", ""))
    cart.cart_remember(response, left)
    return response


@require_POST
def cart_buy(request: HttpRequest) -> HttpResponse:
    """A demo's checkout: nothing is charged; the page's script has sent the purchases."""
    del request
    response = HttpResponseRedirect("/cart?bought=1")
    cart.cart_remember(response, ())
    return response


def _back(request: HttpRequest, default: str) -> str:
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return wanted if safe else default


def _number(text: str, most: int) -> int:
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 6 else 0  # noqa: PLR2004 - more digits than any quantity
