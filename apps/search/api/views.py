from dataclasses import replace

from django.http import HttpResponse
from django.utils import timezone

from apps.access.contracts import NOTHING_ASKED, EdgeAsk, Scope
from apps.access.edge import EdgeRequest, hot_route
from apps.common.errors import ApplicationError
from apps.common.observability.context import user_set
from apps.recommendations.selectors.personalised import user_vouched
from apps.search.api.asked import request_asked
from apps.search.api.splicing import API, served_bytes
from apps.search.selectors.vouched import look_ahead, look_is_due
from apps.search.services.answer import answer_make
from apps.search.services.begun import Begun, search_begin
from apps.search.services.following import begun_again, followed_asks, followed_read
from apps.search.services.kept_answers import Told, kept_ask, told_read
from apps.search.services.serving import search_serve
from apps.search.services.stickiness import UNITS, stored_keys


def _asks(request: EdgeRequest) -> EdgeAsk:
    """For the edge's round trip: this request's first assignments, and its kept answer.

    With stored assignments the answer is asked for as if there were none yet; the view sees
    whether that was right, and meanwhile nobody leads.
    """
    try:
        begun = _begun_early(request)
    except ApplicationError:
        return NOTHING_ASKED  # the view says so, once the caller is counted
    asker, beside = begun.request.asker, followed_asks(begun.request)
    hashes = stored_keys({name: getattr(asker, name) for name in UNITS})
    vars(request)["search_begun"] = begun
    columns = begun.columns
    if not begun.key or columns is None:
        return EdgeAsk(hashes, beside=beside)
    asked = kept_ask(begun.key, leading=not hashes)
    if not look_is_due(columns):
        return EdgeAsk(hashes, asked, beside)

    def look() -> None:
        vars(request)["search_fresh"] = look_ahead(columns)

    # PostgreSQL is asked while Redis answers, whether or not anything is kept.
    return EdgeAsk(hashes, asked, beside, look)


@hot_route(scope=Scope.SEARCH_READ, reads=_asks)
def search(request: EdgeRequest) -> HttpResponse:
    """`GET /api/v1/search`."""
    begun, told = _begun(request)
    user_set(begun.request.asker.user_id or "")
    served = search_serve(begun=begun, packing=API, told=told, make=answer_make)
    return HttpResponse(served_bytes(served), content_type="application/json")


def _begun_early(request: EdgeRequest) -> Begun:
    principal = request.edge.principal
    asked, common = request_asked(request, principal.prefix or principal.name)
    if asked.asker.user_id is not None and not user_vouched(public=principal.public):
        asked = replace(asked, asker=replace(asked.asker, user_vouched=False))
    return search_begin(request=asked, as_of=timezone.now(), kind=API.kind, common=common)


def _begun(request: EdgeRequest) -> tuple[Begun, Told]:
    """The request with what the edge found out, and what Redis said of its answer."""
    edge, early = request.edge, vars(request).get("search_begun")
    if early is None:
        # Raises what was wrong with it.
        early = _begun_early(request)
    told, fresh = told_read(edge.answer), vars(request).get("search_fresh")
    early = early if fresh is None else replace(early, fresh=fresh)
    asked = followed_read(early.request, edge.beside, early.as_of)
    if edge.hashes == {} and asked is early.request:
        return early, told
    return begun_again(
        early, replace(asked, degraded=edge.degraded, stored=edge.hashes), told, API.kind
    )
