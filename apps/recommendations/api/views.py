from dataclasses import replace

import msgspec
from django.http import HttpResponse
from django.utils import timezone

from apps.access.contracts import NOTHING_ASKED, EdgeAsk, Scope
from apps.access.edge import EdgeRequest, hot_route
from apps.common.errors import ApplicationError, InvalidInput
from apps.common.observability.context import user_set
from apps.recommendations.api.documents import answer_document
from apps.recommendations.contracts_answers import RecommendationRequest
from apps.recommendations.domain.asking import AskInvalid, request_parse
from apps.recommendations.selectors.personalised import user_vouched
from apps.recommendations.selectors.shoppers import shopper_commands, shopper_read
from apps.recommendations.services.recommend import recommendation_answer
from apps.recommendations.services.shelf_trials import stored_keys

_encode = msgspec.json.Encoder().encode


def _asks(request: EdgeRequest) -> EdgeAsk:
    """For the edge's round trip: first assignments, this visit, and the shopper's history."""
    try:
        asked = _asked(request)
    except ApplicationError:
        return NOTHING_ASKED  # the view says so, once the caller is counted
    vars(request)["recommendations_asked"] = asked
    beside = shopper_commands(
        user_id=_user(request, asked), client_id=asked.client_id, session_id=asked.session_id
    )
    return EdgeAsk(stored_keys(asked), beside=beside)


@hot_route(scope=Scope.RECOMMENDATIONS_READ, reads=_asks)
def recommendations(request: EdgeRequest) -> HttpResponse:
    """`GET /api/v1/recommendations`."""
    edge, asked = request.edge, vars(request).get("recommendations_asked") or _asked(request)
    as_of = timezone.now()
    user_set(asked.user_id or "")
    shopper = shopper_read(
        edge.beside,
        user_id=_user(request, asked),
        client_id=asked.client_id,
        session_id=asked.session_id,
        as_of=as_of,
    )
    asked = replace(asked, degraded=edge.degraded, stored=edge.hashes)
    answer = recommendation_answer(request=asked, shopper=shopper, as_of=as_of)
    return HttpResponse(_encode(answer_document(answer)), content_type="application/json")


def _user(request: EdgeRequest, asked: RecommendationRequest) -> str | None:
    """Whose history and visit may be read: experiments and logs know whoever is named."""
    return asked.user_id if user_vouched(public=request.edge.principal.public) else None


def _asked(request: EdgeRequest) -> RecommendationRequest:
    """The checked request.

    Raises:
        InvalidInput: it names the parameter.
    """
    principal = request.edge.principal
    try:
        asked = request_parse(dict(request.GET.lists()))
    except AskInvalid as error:
        raise InvalidInput(str(error), field=error.parameter, code=error.code) from error
    return replace(asked, principal=principal.prefix or principal.name)
