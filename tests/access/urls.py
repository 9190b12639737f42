"""Routes of every guarded kind, for the edge's tests."""

from typing import ClassVar

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.access.contracts import Scope
from apps.access.edge import EdgeRequest, HotView, hot_route
from apps.common.errors import NotFound


@hot_route(scope=Scope.SEARCH_READ, methods=("GET", "POST"))
def hot(request: EdgeRequest) -> HttpResponse:
    edge = request.edge
    return JsonResponse(
        {"name": edge.principal.name, "degraded": edge.degraded, "client_ip": edge.client_ip}
    )


@hot_route(scope=Scope.SEARCH_READ)
def lost(request: EdgeRequest, number: int) -> HttpResponse:
    raise NotFound(f"There is no thing {number}.")


class Cold(APIView):
    required_scope: ClassVar = {"GET": Scope.SEARCH_READ, "POST": Scope.RANKING_WRITE}

    def get(self, request: Request) -> Response:
        return Response({"name": getattr(request.auth, "name", "")})

    def post(self, request: Request) -> Response:
        return Response({"person": getattr(request.user, "username", "")})


class Forgotten(APIView):
    def get(self, request: Request) -> Response:
        return Response({"path": request.path})


def unguarded(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def asks_for(scope: Scope) -> HotView:
    @hot_route(scope=scope)
    def view(request: EdgeRequest) -> HttpResponse:
        return JsonResponse({"scope": scope, "path": request.path})

    return view


urlpatterns = [
    *(path(f"api/test/scope/{scope.name}", asks_for(scope)) for scope in Scope),
    path("api/test/hot", hot),
    path("api/test/lost/<int:number>", lost),
    path("api/test/cold", Cold.as_view()),
    path("api/test/forgotten", Forgotten.as_view()),
    path("", include("config.urls")),
]
