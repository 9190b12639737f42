"""The store that settings.ARTIFACT_STORE names."""

from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from apps.model_registry.contracts import ArtifactStore
from apps.model_registry.engines.local_store import LocalStore
from apps.model_registry.engines.s3_store import S3Store, s3_client


def artifact_store() -> ArtifactStore:
    return _store(settings.ARTIFACT_STORE, settings.ARTIFACT_CACHE)


@lru_cache(maxsize=4)
def _store(address: str, cache: str) -> ArtifactStore:
    if not address.startswith("s3://"):
        return LocalStore(Path(address))
    parts = urlsplit(address)
    return S3Store(s3_client(), parts.netloc, parts.path, Path(cache))


def signing_key() -> str:
    key: str = settings.ARTIFACT_SIGNING_KEY
    if not key:
        raise ImproperlyConfigured("ARTIFACT_SIGNING_KEY is empty: artifacts cannot be trusted")
    return key
