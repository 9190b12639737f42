"""Celery: JSON only, late acknowledgement, one task at a time; run rows are the results."""

import re

from config.env import env_str

_redis_url = env_str("REDIS_URL", "redis://localhost:6379/0")


def _broker(url: str) -> str:
    # Kombu names a Unix socket redis+socket://, redis-py names it unix://.
    return re.sub(r"^unix://(.*?)(\?db=(\d+))?$", r"redis+socket://\1?virtual_host=\3", url)


CELERY_BROKER_URL = env_str("CELERY_BROKER_URL", _broker(_redis_url))
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Redis redelivers after its visibility timeout: every time limit stays below it.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "global_keyprefix": "endcap:",
    # A broker that swallows packets must not hang whoever queues a run from admin.
    "socket_connect_timeout": 3,
    "socket_timeout": 10,
}
CELERY_TASK_TIME_LIMIT = 3300
CELERY_TASK_SOFT_TIME_LIMIT = 3240
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "apps.jobs.beat:LockedDatabaseScheduler"
CELERY_TASK_DEFAULT_QUEUE = "endcap"
