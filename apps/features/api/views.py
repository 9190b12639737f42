"""Features over HTTP. Redis is asked in the edge's own round trip, and no other is made."""

from collections.abc import Callable, Sequence
from typing import cast

import msgspec
from django.http import HttpResponse
from django.utils import timezone

from apps.access.contracts import NOTHING_ASKED, EdgeAsk, Scope
from apps.access.edge import EdgeRequest, hot_route
from apps.common.errors import ApplicationError, NotFound
from apps.features.api.asked import Asked, many_asked, one_asked, parameters_known
from apps.features.api.documents import (
    product_document,
    products_document,
    user_document,
    users_document,
)
from apps.features.contracts import Entity
from apps.features.contracts_store import (
    FeatureUnknown,
    ProductFeatures,
    UserFeatures,
)
from apps.features.domain.registry import versions_of
from apps.features.online import values_command
from apps.features.selectors_online import products_found, users_found
from apps.features.selectors_registry import FeatureList, feature_document, registry_document
from apps.features.selectors_state import store_state

_encode = msgspec.json.Encoder().encode


def _product_asked(request: EdgeRequest) -> Asked:
    one = str(_parts(request)["product_id"])
    return one_asked(request, Entity.PRODUCT, one, store_state().records)


def _user_asked(request: EdgeRequest) -> Asked:
    one = str(_parts(request)["user_id"])
    return one_asked(request, Entity.USER, one, store_state().records)


def _many_asked(request: EdgeRequest) -> Asked:
    return many_asked(request, store_state().records)


def _parts(request: EdgeRequest) -> dict[str, object]:
    return {} if request.resolver_match is None else dict(request.resolver_match.kwargs)


def _reading(read: Callable[[EdgeRequest], Asked]) -> Callable[[EdgeRequest], EdgeAsk]:
    """What the edge asks Redis for; a wrong request is told so by the view, once counted."""

    def ask(request: EdgeRequest) -> EdgeAsk:
        try:
            asked = read(request)
        except ApplicationError:
            return NOTHING_ASKED
        vars(request)["features_asked"] = asked
        return EdgeAsk(command=values_command(asked.entity, asked.ids))

    return ask


def _asked(request: EdgeRequest, read: Callable[[EdgeRequest], Asked]) -> Asked:
    found: Asked | None = vars(request).get("features_asked")
    return read(request) if found is None else found


def _found(request: EdgeRequest, asked: Asked) -> ProductFeatures | UserFeatures:
    """The values; those that are unknown are told."""
    answer = request.edge.answer
    kept = cast("Sequence[bytes | None]", answer) if isinstance(answer, list) else None
    read = products_found if asked.entity is Entity.PRODUCT else users_found
    return read(asked.ids, asked.features, kept)


def _one_found(request: EdgeRequest, asked: Asked) -> ProductFeatures | UserFeatures:
    """The values of the one that is asked for.

    Raises:
        NotFound: it is unknown.
    """
    found = _found(request, asked)
    if found.unknown:
        raise NotFound(
            f"There is no {asked.entity} {asked.ids[0]}.",
            code=f"unknown_{asked.entity}",
            extra={"field": f"{asked.entity}_id", "ids": list(found.unknown)},
        )
    return found


def _answer(document: msgspec.Struct) -> HttpResponse:
    return HttpResponse(_encode(document), content_type="application/json")


@hot_route(scope=Scope.FEATURES_READ)
def features_list(request: EdgeRequest) -> HttpResponse:
    """`GET /api/v1/features`: the registry."""
    parameters_known(request)
    return _answer(registry_document(store_state(), timezone.now()))


@hot_route(scope=Scope.FEATURES_READ)
def features_one(request: EdgeRequest, name: str) -> HttpResponse:
    """`GET /api/v1/features/{name}`: every version of a feature."""
    parameters_known(request)
    try:
        versions = versions_of(name)
    except FeatureUnknown as error:
        extra = {"field": "name", "feature": name}
        raise NotFound(str(error), code="unknown_feature", extra=extra) from error
    state, now = store_state(), timezone.now()
    return _answer(FeatureList([feature_document(each, state, now) for each in versions]))


@hot_route(scope=Scope.FEATURES_READ, reads=_reading(_product_asked))
def features_of_product(request: EdgeRequest, product_id: str) -> HttpResponse:
    """`GET /api/v1/features/products/{id}`."""
    del product_id  # read where Redis is asked
    asked = _asked(request, _product_asked)
    found = cast("ProductFeatures", _one_found(request, asked))
    return _answer(product_document(asked, found, store_state()))


@hot_route(scope=Scope.FEATURES_READ, reads=_reading(_user_asked))
def features_of_user(request: EdgeRequest, user_id: str) -> HttpResponse:
    """`GET /api/v1/features/users/{id}`."""
    del user_id  # the same
    asked = _asked(request, _user_asked)
    found = cast("UserFeatures", _one_found(request, asked))
    return _answer(user_document(asked, found, store_state()))


@hot_route(scope=Scope.FEATURES_READ, methods=("POST",), reads=_reading(_many_asked))
def features_batch(request: EdgeRequest) -> HttpResponse:
    """`POST /api/v1/features:batch`: up to 1,000 products or users; unknown ones are named."""
    asked = _asked(request, _many_asked)
    found, state = _found(request, asked), store_state()
    if isinstance(found, ProductFeatures):
        return _answer(products_document(asked, found, state))
    return _answer(users_document(asked, found, state))
