from collections.abc import Sequence
from dataclasses import replace

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.access.contracts import Scope
from apps.access.edge import EdgeRequest, hot_route
from apps.common.errors import InvalidInput
from apps.common.observability.context import user_set
from apps.search.api.documents import answer_document
from apps.search.contracts import ParameterInvalid, ParameterUnknown, SearchRequest
from apps.search.domain.parameters import request_parse
from apps.search.services.answer import search_answer
from apps.search.services.stickiness import UNITS, stored_keys


def _stored(request: HttpRequest) -> Sequence[str]:
    """Redis hashes with this request's first assignments, for the edge's round trip."""
    return stored_keys({name: request.GET.get(name) for name in UNITS})


@hot_route(scope=Scope.SEARCH_READ, reads=_stored)
def search(request: EdgeRequest) -> HttpResponse:
    """`GET /api/v1/search`."""
    asked = _asked(request)
    user_set(asked.asker.user_id or "")
    answer = search_answer(request=asked, as_of=timezone.now())
    return HttpResponse(
        msgspec.json.encode(answer_document(answer)), content_type="application/json"
    )


def _asked(request: EdgeRequest) -> SearchRequest:
    edge = request.edge
    try:
        parsed = request_parse(dict(request.GET.lists()))
    except ParameterUnknown as error:
        raise InvalidInput(str(error), field=error.parameter, code="unknown_parameter") from error
    except ParameterInvalid as error:
        raise InvalidInput(str(error), field=error.parameter) from error
    principal = edge.principal.prefix or edge.principal.name
    return replace(
        parsed,
        asker=replace(parsed.asker, principal=principal),
        degraded=edge.degraded,
        stored=edge.hashes,
    )
