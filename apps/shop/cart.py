"""The cart: a signed cookie, so that it works without JavaScript and without a database."""

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from apps.shop.contracts import CartLine

COOKIE = "endcap_cart"
SALT = "apps.shop.cart"
SECONDS = 30 * 24 * 3600
MOST_LINES = 20
MOST_PIECES = 99


def cart_of(request: HttpRequest) -> tuple[CartLine, ...]:
    """The lines; an unreadable or forged cookie is an empty cart."""
    text = request.get_signed_cookie(COOKIE, default="", salt=SALT, max_age=SECONDS)
    try:
        return tuple(msgspec.json.decode(text or "[]", type=list[CartLine]))
    except msgspec.MsgspecError:
        return ()


def cart_add(lines: tuple[CartLine, ...], line: CartLine) -> tuple[CartLine, ...]:
    """With `line`: pieces of a product that is there already are added up."""
    for place, there in enumerate(lines):
        if there.product_id == line.product_id:
            pieces = min(there.quantity + line.quantity, MOST_PIECES)
            more = CartLine(there.product_id, pieces, line.query_id, line.position)
            return (*lines[:place], more, *lines[place + 1 :])
    return (*lines, line)[-MOST_LINES:]


def cart_remove(lines: tuple[CartLine, ...], product_id: str) -> tuple[CartLine, ...]:
    return tuple(line for line in lines if line.product_id != product_id)


def cart_remember(response: HttpResponse, lines: tuple[CartLine, ...]) -> None:
    if not lines:
        response.delete_cookie(COOKIE)
        return
    response.set_signed_cookie(
        COOKIE,
        msgspec.json.encode(lines).decode(),
        salt=SALT,
        max_age=SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
