import os
import sys

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

# DRF, Django and structlog import these where they are installed, for what no web process does:
# a test client, templates of another kind, colours on a terminal. It costs each worker 9 MB.
_UNUSED = [name for name in ("requests", "jinja2", "rich") if name not in sys.modules]
sys.modules.update(dict.fromkeys(_UNUSED))  # type: ignore[arg-type]  # None: Python's way to hide a module

application = get_wsgi_application()

import rest_framework.compat  # noqa: E402, F401 - while they are hidden

from apps.search.services.warm import (  # noqa: E402 - apps are ready only now
    answers_warm_in_background,
    search_warm,
)

for _name in _UNUSED:
    del sys.modules[_name]

search_warm()
answers_warm_in_background()
