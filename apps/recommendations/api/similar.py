"""`GET /api/v1/products/{product_id}/similar`."""

import msgspec
from django.http import HttpResponse
from django.utils import timezone

from apps.access.contracts import Scope
from apps.access.edge import EdgeRequest, hot_route
from apps.common.errors import InvalidInput
from apps.recommendations.api.documents import Json, item_document
from apps.recommendations.contracts_similar import SimilarAnswer, SimilarRequest
from apps.recommendations.domain.asking import AskInvalid
from apps.recommendations.domain.similar_asking import similar_parse
from apps.recommendations.services.similar import similar_answer

_encode = msgspec.json.Encoder().encode


@hot_route(scope=Scope.RECOMMENDATIONS_READ)
def similar(request: EdgeRequest, product_id: str) -> HttpResponse:
    """Products like one, best first, each with the reason why."""
    answer = similar_answer(request=_asked(request, product_id), as_of=timezone.now())
    document = similar_document(answer, request.edge.degraded)
    return HttpResponse(_encode(document), content_type="application/json")


def _asked(request: EdgeRequest, product_id: str) -> SimilarRequest:
    """The checked request.

    Raises:
        InvalidInput: it names the parameter.
    """
    try:
        return similar_parse(product_id, dict(request.GET.lists()))
    except AskInvalid as error:
        raise InvalidInput(str(error), field=error.parameter, code=error.code) from error


def similar_document(answer: SimilarAnswer, degraded: tuple[str, ...] = ()) -> Json:
    return {
        "product_id": answer.product_id,
        "kind": answer.kind.value,
        "by": [each.value for each in answer.by],
        "took_ms": answer.took_ms,
        "items": [item_document(item) for item in answer.items],
        "applied_rules": answer.applied_rules,
        "degraded": [*degraded, *answer.degraded],
        "versions": answer.versions,
    }
