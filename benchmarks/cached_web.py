"""The web process of the benchmark: the project's own, with `benchmarks.cached_urls`.

`/bench/bare?plain` goes to a second handler that has no middleware at all.
"""

import os
from collections.abc import Iterable
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

from django.conf import settings
from django.test.utils import override_settings

settings.ROOT_URLCONF = "benchmarks.cached_urls"
_project = get_wsgi_application()
with override_settings(MIDDLEWARE=[]):
    _plain = WSGIHandler()

from apps.search.services.warm import search_warm  # noqa: E402 - apps are ready only now

search_warm()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    plain = environ["PATH_INFO"] == "/bench/bare" and environ.get("QUERY_STRING") == "plain"
    return _plain(environ, start_response) if plain else _project(environ, start_response)
