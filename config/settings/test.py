"""Tests: real PostgreSQL and Valkey, embedded, each worker with a database of its own."""

import os
import sys
from pathlib import Path

_test_var = Path(__file__).resolve().parents[2] / "var" / "test"
os.environ["ENDCAP_VAR"] = str(_test_var)
os.environ.setdefault("HF_HUB_OFFLINE", "1")
if "pytest" in sys.modules:
    # pytest-django reads the settings before any conftest.py: the servers start here.
    # Type checking imports this file too, and needs none.
    from config.embedded.discovery import servers_start

    servers_start(_test_var, throwaway=True)

from config.env import VAR  # noqa: E402 - after the environment is set
from config.settings.base import *  # noqa: E402 - the same

SECRET_KEY = "a-key-for-tests-only-" + "x" * 40
ARTIFACT_SIGNING_KEY = "artifact-key-for-tests"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Snapshots are reloaded inline when their version moved; no polling threads in tests.
ENDCAP_VERSION_POLLER = False
# One slow round trip on a busy CI machine is not an outage; the fault tests set their own.
ENDCAP_REDIS_TIMEOUT_S = 1.0
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True

# Parallel runs keep apart: by suffix, and pytest-xdist's workers by number.
_suffix = os.environ.get("ENDCAP_TEST_SUFFIX", "")
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_redis_database = (sum(_suffix.encode()) * 2 % 60 + _worker) % 64 + 0
DATABASES["default"]["TEST"] = {"NAME": f"test_endcap{_suffix}"}
REDIS_URL = REDIS_URL.split("?")[0] + f"?db={_redis_database}"
CACHES["default"]["LOCATION"] = REDIS_URL
ARTIFACT_STORE = str(VAR / f"artifacts{_suffix}-{_worker}")
ARTIFACT_CACHE = str(VAR / f"artifact-cache{_suffix}-{_worker}")
EVENT_BUFFER_STREAM = "endcap:test:buffer"
# Nothing is collected for tests: files are served from where they are written.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
