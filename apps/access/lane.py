"""A lane for API calls with a key on hot routes: past what only browsers and people need.

Sessions, sign-in, CSRF and messages are about cookies; a call that comes with a key is let in by
the key alone, and its view never looks at them. Nor has the list of routes to be gone through
for an address that stands in a table. Everything else is as on any route: trace, metrics, log
line, security headers, CORS, content policy, IP lists, allowed hosts, the answer's length and
framing. Calls without a key, and every other address, take the long way.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

from apps.access.edge import raw_key_of
from apps.access.middleware import address_refusal

_Table = Mapping[str, ResolverMatch]
# The middlewares that the lane leaves out, and why it may. A test holds them against the list
# that is installed: whoever adds one behind the lane decides here.
LEFT_OUT = {
    "django.contrib.sessions.middleware.SessionMiddleware": "a key is no session",
    "django.middleware.common.CommonMiddleware": "done here: allowed hosts, length",
    "django.middleware.csrf.CsrfViewMiddleware": "hot routes check it themselves",
    "django.contrib.auth.middleware.AuthenticationMiddleware": "a key is no person",
    "django.contrib.messages.middleware.MessageMiddleware": "for pages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware": "done here",
}


class HotLaneMiddleware:
    """Answers hot routes itself; stands behind `AddressMiddleware`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._known: tuple[URLResolver | None, _Table] = (None, {})

    def __call__(self, request: HttpRequest) -> HttpResponse:
        found = self._table().get(request.path_info)
        if found is None or raw_key_of(request) is None or _is_unusual(request):
            return self._get_response(request)
        request.get_host()  # raises for a host that is not ours
        request.resolver_match = found
        response = address_refusal(request) or found.func(request)
        headers = response.headers
        if "Content-Length" not in headers and not response.streaming:
            headers["Content-Length"] = str(len(response.content))
        headers.setdefault("X-Frame-Options", settings.X_FRAME_OPTIONS)
        return response

    def _table(self) -> _Table:
        resolver = get_resolver()
        if self._known[0] is not resolver:
            # Resolved as ever: a pattern before it may take the same path.
            paths = _hot_paths(resolver.url_patterns, "/")
            found = {path: resolver.resolve(path) for path in paths}
            kept = {path: one for path, one in found.items() if _is_plain_hot(one)}
            self._known = (resolver, kept)
        return self._known[1]


def _is_unusual(request: HttpRequest) -> bool:
    """What `CommonMiddleware` would redirect or refuse is left to it."""
    return bool(settings.PREPEND_WWW or settings.DISALLOWED_USER_AGENTS) or bool(
        getattr(request, "urlconf", None)
    )


def _is_plain_hot(found: ResolverMatch) -> bool:
    """Whether what stands first for a path is a hot route itself, without parts to be read."""
    return hasattr(found.func, "allowed_methods") and not (found.args or found.kwargs)


def _hot_paths(patterns: list[Any], before: str) -> Iterator[str]:
    """Paths without parts to be read that lead to a hot route."""
    for each in patterns:
        if not isinstance(each.pattern, RoutePattern) or each.pattern.converters:
            continue
        path = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _hot_paths(each.url_patterns, path)
        elif hasattr(each.callback, "allowed_methods"):
            yield path
