"""What every page has: the visitor, the departments, the key for events."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from apps.shop.cart import cart_of
from apps.shop.contracts import Visitor
from apps.shop.selectors import departments, storefront_key
from apps.shop.visitor import visitor_leaves_qa, visitor_of, visitor_remember


def page_render(
    request: HttpRequest,
    template: str,
    context: Mapping[str, object],
    *,
    status: int = 200,
    visitor: Visitor | None = None,
) -> HttpResponse:
    """A page inside the shop's frame; it is about one visitor, so nobody may cache it."""
    visitor = visitor or visitor_of(request)
    lines = cart_of(request)
    frame = {
        "visitor": visitor,
        "departments": departments(),
        "storefront_key": storefront_key(),
        "cart_pieces": sum(line.quantity for line in lines),
    }
    response = render(request, template, {**frame, **context}, status=status)
    _personal(request, response, visitor)
    return response


def page_redirect(request: HttpRequest, url: str, visitor: Visitor) -> HttpResponse:
    """Off to `url`, for this visitor and this time only."""
    response = HttpResponseRedirect(url)
    _personal(request, response, visitor)
    return response


def _personal(request: HttpRequest, response: HttpResponse, visitor: Visitor) -> None:
    response["Cache-Control"] = "private, no-store"
    visitor_remember(response, visitor)
    visitor_leaves_qa(request, response)
