"""Why a product stands where it stands, or does not: for people who may read ranking."""

from collections.abc import Callable
from typing import TypeVar

import msgspec
from django.http import HttpResponse
from django.utils import timezone

from apps.access.contracts import Scope
from apps.access.edge import EdgeRequest, hot_route
from apps.common.errors import InvalidInput
from apps.explainability.domain.explain_document import (
    answer_told_document,
    explained_document,
)
from apps.explainability.domain.explain_parameters import (
    ExplainAsked,
    debug_parse,
    explain_parse,
    product_id_check,
)
from apps.explainability.metrics import debug_requests
from apps.explainability.services.explain_debug import product_debugged
from apps.explainability.services.explain_live import (
    looked_make,
    looked_told,
    product_explained,
)
from apps.explainability.services.explain_past import past_explained
from apps.ranking.metrics import explanations_requested
from apps.search.contracts import ParameterInvalid, ParameterUnknown

T = TypeVar("T")
_encode = msgspec.json.Encoder().encode


@hot_route(scope=Scope.RANKING_READ)
def search_explain(request: EdgeRequest) -> HttpResponse:
    """`GET /api/v1/search/explain?product_id=` with `q=` and the like, or `query_id=`."""
    asked = _parsed(lambda: explain_parse(dict(request.GET.lists())))
    explanations_requested.inc()
    return _json(_explained(asked))


def _explained(asked: ExplainAsked) -> dict[str, object]:
    if asked.request is None:
        assert asked.query_id is not None  # noqa: S101 - one of both is there: it was parsed
        told, explained = past_explained(asked.query_id, asked.product_id)
    else:
        looked = looked_make(asked.request, timezone.now())
        explained = product_explained(looked, asked.product_id, asked.rank)
        told = looked_told(looked)
    return {"answer": answer_told_document(told), **explained_document(explained)}


@hot_route(scope=Scope.OPS)
def debug_ranking(request: EdgeRequest, product_id: str) -> HttpResponse:
    """`GET /api/v1/debug/ranking/{product_id}?q=…&q=…`."""
    _parsed(lambda: product_id_check(product_id))
    requests = _parsed(lambda: debug_parse(dict(request.GET.lists())))
    debug_requests.inc()
    return _json(product_debugged(product_id=product_id, requests=requests, as_of=timezone.now()))


def _parsed(parse: Callable[[], T]) -> T:
    try:
        return parse()
    except ParameterUnknown as error:
        raise InvalidInput(str(error), field=error.parameter, code="unknown_parameter") from error
    except ParameterInvalid as error:
        raise InvalidInput(str(error), field=error.parameter) from error


def _json(document: object) -> HttpResponse:
    return HttpResponse(_encode(document), content_type="application/json")
