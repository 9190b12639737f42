from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.access.contracts import EdgeAsk, Scope
from apps.access.edge import EdgeRequest, hot_route
from apps.common.errors import ApplicationError, InvalidInput
from apps.common.observability.context import user_set
from apps.search.api.splicing import API, served_bytes
from apps.search.contracts import ParameterInvalid, ParameterUnknown, SearchRequest
from apps.search.domain.parameters import request_parse
from apps.search.selectors.versions import catalogue_is_fresh
from apps.search.services.answer import answer_make
from apps.search.services.begun import Begun, search_begin
from apps.search.services.kept_answers import Absent, Found, found_read, kept_ask
from apps.search.services.serving import search_serve
from apps.search.services.stickiness import UNITS, stored_keys


def _asks(request: HttpRequest) -> EdgeAsk:
    """For the edge's round trip: this request's first assignments, and its kept answer.

    With stored assignments the answer is asked for as if there were none yet; the view sees
    whether that was right, and meanwhile nobody leads.
    """
    hashes = stored_keys({name: request.GET.get(name) for name in UNITS})
    try:
        begun = search_begin(request=_parsed(request), as_of=timezone.now(), kind=API.kind)
    except ApplicationError:
        return EdgeAsk(hashes)  # the view says so, once the caller is counted
    vars(request)["search_begun"] = begun
    if not begun.key:
        return EdgeAsk(hashes)

    def look() -> None:
        vars(request)["search_fresh"] = begun.columns and catalogue_is_fresh(begun.columns)

    # PostgreSQL is asked while Redis answers, whether or not anything is kept.
    return EdgeAsk(hashes, kept_ask(begun.key, leading=not hashes), look)


@hot_route(scope=Scope.SEARCH_READ, reads=_asks)
def search(request: EdgeRequest) -> HttpResponse:
    """`GET /api/v1/search`."""
    begun, found = _begun(request)
    user_set(begun.request.asker.user_id or "")
    served = search_serve(begun=begun, packing=API, found=found, make=answer_make)
    return HttpResponse(served_bytes(served), content_type="application/json")


def _begun(request: EdgeRequest) -> tuple[Begun, Found]:
    """The request with what the edge found out, and what Redis said of its answer."""
    early: Begun | None = vars(request).get("search_begun")
    edge = request.edge
    asked = early.request if early is not None else _parsed(request)
    asker = replace(asked.asker, principal=edge.principal.prefix or edge.principal.name)
    asked = replace(asked, asker=asker, degraded=edge.degraded, stored=edge.hashes)
    if early is None:
        begun = search_begin(request=asked, as_of=timezone.now(), kind=API.kind)
        return begun, None
    found = found_read(edge.answer)
    fresh: bool | None = vars(request).get("search_fresh")
    if edge.hashes == {}:
        return replace(early, request=asked, fresh=fresh), found
    begun = search_begin(request=asked, as_of=early.as_of, kind=API.kind, query_id=early.query_id)
    if isinstance(found, bytes) and begun.key == early.key:
        return begun, found
    return begun, None if edge.hashes is None else Absent.LEADS


def _parsed(request: HttpRequest) -> SearchRequest:
    try:
        return request_parse(dict(request.GET.lists()))
    except ParameterUnknown as error:
        raise InvalidInput(str(error), field=error.parameter, code="unknown_parameter") from error
    except ParameterInvalid as error:
        raise InvalidInput(str(error), field=error.parameter) from error
