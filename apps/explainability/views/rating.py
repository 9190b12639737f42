"""One product for one query at a time; keys 0 to 4, arrows, undo. Works without scripts too."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from apps.catalog.contracts import ProductDocument
from apps.catalog.selectors import documents_by_pk, pks_by_product_id
from apps.common.errors import InvalidInput
from apps.explainability.domain.rating_queue import Item, Queue
from apps.explainability.selectors.judged import (
    list_heading,
    rating_part_of,
    rating_parts,
    rating_queue,
)
from apps.explainability.services.rating import rating_give, rating_take_back
from apps.explainability.views import gate

_UNDO = "relevance_undo"
_REMEMBERED = 50
_MOST_PLACE = 9
WORDS = {
    3: ("Irrelevant", "Related", "Good", "Perfect"),
    4: ("Irrelevant", "Related", "Fair", "Good", "Perfect"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@gate.relevance_page(gate.RATE)
def rate_page(request: HttpRequest, list_id: int) -> HttpResponse:
    """Show the next thing to rate, or take a rating in and go on."""
    query = _text(request, "query")
    if request.method == "POST":
        return _rated(request, list_id, query)
    heading, parts = list_heading(list_id), 1 if query else rating_parts(list_id)
    part = min(_counted(request, "part") or 1, parts)
    queue = rating_queue(list_id, request.user.get_username(), query, part=part)
    place = _place(request, queue)
    item = queue.items[place - 1] if place else None
    context = {
        "here": "lists",
        "list": heading,
        "queue": queue,
        "item": item,
        "place": place,
        **_turns(query, place, part, parts, len(queue.items)),
        "share": round(100 * queue.rated / max(len(queue.items), 1)),
        "only": query,
        "undo": bool(_undoable(request, list_id)),
        "product": _document(item) if item else None,
        "ratings": [*enumerate(WORDS[heading.scale])],
    }
    return render(request, "relevance/rate.html", context)


@require_POST
@gate.relevance_page(gate.RATE)
def rate_undo(request: HttpRequest, list_id: int) -> HttpResponse:
    """Take this person's last rating back, and show what it was given to."""
    last = _undoable(request, list_id)
    only = _text(request, "only")
    if not last:
        return redirect(f"{request.path.removesuffix('undo/')}?{urlencode({'query': only})}")
    query, product_id, before = last.pop()
    _remember(request, list_id, last)
    rater = request.user.get_username()
    rating_take_back(
        list_id=list_id, rater=rater, query=query, product_id=product_id, before=before
    )
    part = 1 if only else rating_part_of(list_id, rater, query)
    place = rating_queue(list_id, rater, only, part=part).place_of(query, product_id) or 0
    return redirect(f"{request.path.removesuffix('undo/')}{_link(only, place, part)}")


def _rated(request: HttpRequest, list_id: int, only: str) -> HttpResponse:
    rater, given = request.user.get_username(), _given(request.POST)
    before = rating_give(list_id=list_id, rater=rater, **given)
    last = [*_undoable(request, list_id), (given["query"], given["product_id"], before)]
    _remember(request, list_id, last)
    part = 1 if only else rating_part_of(list_id, rater, given["query"])
    queue = rating_queue(list_id, rater, only, part=part)
    place = queue.place_of(given["query"], given["product_id"]) or 0
    following = queue.next_unrated(place)
    if following is None and not only and part < rating_parts(list_id):
        return redirect(f"{request.path}{_link(only, None, part + 1)}")
    return redirect(f"{request.path}{_link(only, following or 0, part)}")


def _given(sent: Mapping[str, str]) -> dict[str, Any]:
    rating = sent.get("rating", "")
    if not (rating.isascii() and rating.isdigit() and len(rating) == 1):
        raise InvalidInput("A rating is a digit.", field="rating")
    return {
        "query": sent.get("item_query", ""),
        "product_id": sent.get("product_id", ""),
        "rating": int(rating),
    }


def _place(request: HttpRequest, queue: Queue) -> int:
    """What is asked for, else the first unrated; 0: everything is rated, or nothing is there."""
    asked = _counted(request, "item")
    if asked is None:
        return queue.next_unrated() or 0
    return asked if asked <= len(queue.items) else 0


def _counted(request: HttpRequest, name: str) -> int | None:
    asked = request.GET.get(name, "")
    known = asked.isascii() and asked.isdigit() and len(asked) < _MOST_PLACE
    return int(asked) if known else None


def _turns(query: str, place: int, part: int, parts: int, most: int) -> dict[str, object]:
    """Where one can go from here."""
    return {
        "before": _link(query, place - 1, part) if place > 1 else "",
        "after": _link(query, place + 1, part) if 0 < place < most else "",
        "part": part,
        "parts": parts,
        "part_before": _link(query, None, part - 1) if part > 1 else "",
        "part_after": _link(query, None, part + 1) if part < parts else "",
    }


def _link(query: str, place: int | None, part: int) -> str:
    """Without a place: to the part's first unrated."""
    asked = {
        **({"query": query} if query else {}),
        **({"part": str(part)} if part > 1 or place is None else {}),
        **({} if place is None else {"item": str(place)}),
    }
    return f"?{urlencode(asked)}"


def _document(item: Item) -> ProductDocument | None:
    """None: the catalogue does not hold it (any more)."""
    pks = pks_by_product_id([item.product_id])
    found = documents_by_pk(pks.values())
    return next(iter(found.values()), None)


def _undoable(request: HttpRequest, list_id: int) -> list[tuple[str, str, int | None]]:
    kept = request.session.get(_UNDO, {})
    return [(query, product, before) for query, product, before in kept.get(str(list_id), [])]


def _remember(request: HttpRequest, list_id: int, last: list[tuple[str, str, int | None]]) -> None:
    kept = request.session.get(_UNDO, {})
    request.session[_UNDO] = {**kept, str(list_id): last[-_REMEMBERED:]}


def _text(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, request.POST.get(name, "")).replace("\x00", "")[:256]
