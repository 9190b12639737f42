"""The project's routes, and those that search and shelves are compared with."""

from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.urls import path

from benchmarks.drf_peer import PeerSearch
from benchmarks.shelf_peer import PeerShelf
from config.urls import urlpatterns as project_urls

# The bytes of a search's answer, written by the benchmark before it measures.
BODY = Path(__file__).resolve().parent.parent / "var" / "bench_cached.json"


def bare(request: HttpRequest) -> HttpResponse:
    """The same bytes, by the least that Django can do."""
    del request
    return HttpResponse(_body(), content_type="application/json")


_bodies: dict[str, bytes] = {}


def _body() -> bytes:
    if "body" not in _bodies:
        _bodies["body"] = BODY.read_bytes()
    return _bodies["body"]


urlpatterns = [
    *project_urls,
    path("bench/bare", bare),
    path("bench/drf", PeerSearch.as_view()),
    path("bench/shelf", PeerShelf.as_view()),
]
