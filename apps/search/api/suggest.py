"""`GET /api/v1/search/suggest`."""

import msgspec
from django.http import HttpResponse

from apps.access.contracts import Scope
from apps.access.edge import EdgeRequest, hot_route
from apps.common.errors import InvalidInput
from apps.search.contracts import ParameterInvalid, ParameterUnknown
from apps.search.domain.suggesting.items import (
    Suggestion,
    Suggestions,
    SuggestionType,
    SuggestRequest,
)
from apps.search.domain.suggesting.parameters import suggest_parse
from apps.search.services.suggest import suggest_answer

Json = dict[str, object]
_encode = msgspec.json.Encoder().encode


@hot_route(scope=Scope.SEARCH_READ)
def suggest(request: EdgeRequest) -> HttpResponse:
    """Products, categories, brands and queries for what was typed so far."""
    answer = suggest_answer(request=_parsed(request))
    document = suggestions_document(answer, request.edge.degraded)
    return HttpResponse(_encode(document), content_type="application/json")


def _parsed(request: EdgeRequest) -> SuggestRequest:
    try:
        return suggest_parse(dict(request.GET.lists()))
    except ParameterUnknown as error:
        raise InvalidInput(str(error), field=error.parameter, code="unknown_parameter") from error
    except ParameterInvalid as error:
        raise InvalidInput(str(error), field=error.parameter) from error


def suggestions_document(answer: Suggestions, degraded: tuple[str, ...] = ()) -> Json:
    return {
        "query": answer.query,
        "suggestions": [suggestion_document(each) for each in answer.items],
        "took_ms": answer.took_ms,
        "degraded": [*answer.degraded, *degraded],
    }


def suggestion_document(item: Suggestion) -> Json:
    """What its type has: a query only its text."""
    document: Json = {"type": item.type, "text": item.text, "highlighted": item.highlighted}
    if item.type is SuggestionType.CATEGORY:
        document |= {"category": item.category, "trail": item.trail, "products": item.products}
    elif item.type is SuggestionType.BRAND:
        document |= {"brand": item.brand, "products": item.products}
    elif item.product is not None:
        product = item.product
        document |= {
            "product_id": product.product_id,
            "category": product.category,
            "brand": product.brand,
            "price": product.price,
            "sale_price": product.sale_price,
            "currency": product.currency,
            "image_link": product.image_link,
            "link": product.link,
        }
    return document
