import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

application = get_wsgi_application()

from apps.search.services.warm import (  # noqa: E402 - apps are ready only now
    answers_warm_in_background,
    search_warm,
)

search_warm()
answers_warm_in_background()
