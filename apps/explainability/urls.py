"""Pages of explainability inside admin."""

from collections.abc import Callable

from django.contrib import admin
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path

from apps.explainability.views import lists, rating, runs
from apps.explainability.views.debug import debug_page


def _page(route: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
    return path(f"relevance/{route}", admin.site.admin_view(view), name=f"relevance-{name}")


urlpatterns: list[URLPattern] = [
    path("debug/", admin.site.admin_view(debug_page), name="explainability-debug"),
    _page("lists/", lists.lists_page, "lists"),
    _page("lists/<int:list_id>/", lists.list_page, "list"),
    _page("lists/<int:list_id>/import/", lists.list_import, "import"),
    _page("lists/<int:list_id>/judgements.csv", lists.list_export, "export"),
    _page("lists/<int:list_id>/query/", lists.list_query, "query"),
    _page("lists/<int:list_id>/pool/", lists.list_pool, "pool"),
    _page("lists/<int:list_id>/rate/", rating.rate_page, "rate"),
    _page("lists/<int:list_id>/rate/undo/", rating.rate_undo, "undo"),
    _page("runs/", runs.runs_page, "runs"),
    _page("runs/start/", runs.run_start, "start"),
    _page("runs/<int:run_id>/", runs.run_page, "run"),
    _page("compare/", runs.compare_page, "compare"),
]
