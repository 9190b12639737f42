"""The Celery application: `celery -A celery_app worker|beat`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

app = Celery("endcap")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
