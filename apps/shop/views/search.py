"""The search page, which is also the front page and every category's page."""

from dataclasses import replace
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.search.contracts import (
    Hit,
    ParameterInvalid,
    ParameterUnknown,
    SearchAnswer,
    SearchRequest,
)
from apps.search.contracts_asker import Asker
from apps.search.domain.parameters import request_parse
from apps.search.services.answer import search_answer
from apps.search.services.stickiness import stored_read
from apps.shop.contracts import Shelved, Visitor
from apps.shop.domain import pages, reading, ruled
from apps.shop.selectors import breadcrumbs, facet_fields, subcategories
from apps.shop.shelves import category_shelves, home_shelves
from apps.shop.views.frame import page_redirect, page_render
from apps.shop.visitor import visitor_of

PER_PAGE = 24
BANNER_AFTER = 4
"""So many products stand before the grid's banner: whole rows of two, and of four."""


@require_safe
def search_page(request: HttpRequest, category: str = "") -> HttpResponse:
    """`/` and `/c/<path>`; `?why=<product_id>` opens the explanation of one hit."""
    visitor = visitor_of(request)
    category = category.strip("/")
    if category and not breadcrumbs(category):
        return page_render(request, "shop/missing.html", {}, status=404)
    try:
        asked = search_request(request.GET, category, visitor)
    except (ParameterInvalid, ParameterUnknown) as error:
        return page_render(request, "shop/refused.html", {"message": str(error)}, status=400)
    if "fragment" in request.GET:
        return _why_fragment(request, asked, request.GET.get("why", ""))
    return _answered(request, asked, visitor, category)


def _answered(
    request: HttpRequest, asked: SearchRequest, visitor: Visitor, category: str
) -> HttpResponse:
    why = request.GET.get("why", "")
    answer = search_answer(request=replace(asked, explain=bool(why)), as_of=timezone.now())
    visitor = replace(visitor, sticky=answer.sticky or visitor.sticky)
    if elsewhere := _elsewhere(request, answer):
        return page_redirect(request, elsewhere, visitor)
    context = _context(request, asked, answer, category)
    context["why"] = _why(answer, why) if why else None
    shelved = _shelved(request, visitor, category, answer.found)
    context["shelves"] = shelved.shelves
    return page_render(request, "shop/search.html", context, visitor=shelved.visitor)


def _shelved(request: HttpRequest, visitor: Visitor, category: str, found: int) -> Shelved:
    """Shelves stand where nothing is asked for yet; a category of one page is its own shelf."""
    if pages.parameters_kept(dict(request.GET.lists())):
        return Shelved((), visitor)
    if not category:
        return home_shelves(visitor)
    return category_shelves(visitor, category) if found > PER_PAGE else Shelved((), visitor)


def search_request(asked: QueryDict, category: str, visitor: Visitor) -> SearchRequest:
    """The page's search.

    Raises:
        ParameterInvalid, ParameterUnknown: naming what search cannot take.
    """
    kept = pages.parameters_kept(dict(asked.lists()))
    kept.pop(pages.STAYS, None)
    if category and "filter[category]" not in kept:
        kept["filter[category]"] = [category]
    parsed = request_parse({**kept, "per_page": [str(PER_PAGE)]})
    return replace(
        parsed,
        facets=facet_fields(),
        attributes={"surface": "shop"},
        asker=Asker(client_id=visitor.client_id, session_id=visitor.session_id, principal="shop"),
        qa=visitor.qa,
        sticky=visitor.sticky,
        stored=stored_read({"client_id": visitor.client_id, "session_id": visitor.session_id}),
    )


def _elsewhere(request: HttpRequest, answer: SearchAnswer) -> str:
    """Where a rule sends this search; empty: nowhere."""
    return ruled.redirect_url(
        answer.rules.redirect,
        host=request.get_host(),
        path=request.path,
        parameters=dict(request.GET.lists()),
    )


def _context(
    request: HttpRequest, asked: SearchRequest, answer: SearchAnswer, category: str
) -> dict[str, object]:
    parameters = pages.parameters_kept(dict(request.GET.lists()))
    detected = answer.category.path if answer.category else ""
    front = not category and not parameters
    return {
        "answer": answer,
        "category": category,
        "trail": breadcrumbs(category),
        "subcategories": subcategories(category) if category else (),
        "boxes": pages.facet_boxes(
            # A category's own page offers its subcategories as links instead.
            {field: lines for field, lines in answer.facets.items() if field != "category"}
            if category
            else answer.facets,
            answer.found,
        ),
        "chips": pages.filter_chips(request.path, parameters, answer.facets),
        "read_chips": reading.reading_chips(answer.understanding, request.path, parameters),
        "corrected": reading.corrected_of(
            answer.understanding.correction, answer.query, request.path, parameters
        ),
        "insisting": [
            (name, value)
            for name in (*pages.INSISTING, pages.STAYS)
            for value in parameters.get(name, ())
        ],
        "staying": pages.STAYS in parameters,
        **_ruled(answer),
        "pages": pages.page_links(request.path, parameters, answer.page, answer.pages),
        "next_url": _page_or_none(request, parameters, answer, 1),
        "previous_url": _page_or_none(request, parameters, answer, -1),
        "sorts": pages.SORTS,
        "sort": str(asked.sort),
        "here": pages.page_url(request.path, parameters),
        "why_base": pages.page_url(request.path, parameters, qid=str(answer.query_id), why=""),
        "detected": breadcrumbs(detected),
        "popular_in": breadcrumbs(answer.matching.popular_in or ""),
        "weights_trail": breadcrumbs(answer.weights.subject),
        "front": front,
    }


def _ruled(answer: SearchAnswer) -> dict[str, object]:
    """What merchandising rules put on the page."""
    return {
        "rewritten": answer.rules.rewritten,
        "banners": ruled.banners_shown(answer.rules.banners),
        "banner_after": min(BANNER_AFTER, len(answer.hits)),
        "ruled_chips": ruled.ruled_chips(answer.rules.filters, answer.facets),
    }


def _page_or_none(
    request: HttpRequest, parameters: pages.Parameters, answer: SearchAnswer, step: int
) -> str:
    number = answer.page + step
    if not 1 <= number <= answer.pages:
        return ""
    return pages.page_url(request.path, parameters, page=str(number) if number > 1 else None)


def _why(answer: SearchAnswer, product_id: str) -> dict[str, object]:
    hit = next((one for one in answer.hits if one.document.product_id == product_id), None)
    # A hit of two interleaved rankings may have other weights than the answer's.
    weights = hit.record.weights if hit and hit.record else answer.weights
    trail = breadcrumbs(weights.subject)
    return {
        "hit": hit, "bars": _bars(hit), "answer": answer, "weights": weights, "trail": trail,
    }  # fmt: skip


def _bars(hit: Hit | None) -> tuple[object, ...]:
    return () if hit is None or hit.record is None else pages.why_bars(hit.record)


def _why_fragment(request: HttpRequest, asked: SearchRequest, why: str) -> HttpResponse:
    """The answer that the page shows, once more: under its id, experiments decide the same."""
    again = replace(
        asked, facets=(), explain=True, logged=False, query_id=_uuid(request.GET.get("qid", ""))
    )
    answer = search_answer(request=again, as_of=timezone.now())
    return render(request, "shop/_why.html", {"why": _why(answer, why)})


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
