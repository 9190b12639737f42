"""Settings of the worker processes that tests start: real broker, and jobs made to break."""

from config.settings import test
from config.settings.integrations.celery import _broker
from config.settings.test import *  # noqa: F403 - settings are composed by star imports

CELERY_TASK_ALWAYS_EAGER = False
CELERY_BROKER_URL = _broker(test.REDIS_URL)
JOB_HEARTBEAT_S = 0.2
INSTALLED_APPS = [*test.INSTALLED_APPS, "tests.jobs.worker_app.WorkerAppConfig"]
