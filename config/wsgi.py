import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

application = get_wsgi_application()

from apps.search.services.warm import search_warm  # noqa: E402 - apps are ready only now

search_warm()
