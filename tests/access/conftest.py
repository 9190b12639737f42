from collections.abc import Callable, Iterator

import pytest
from pytest_django.fixtures import Settings

from apps.access.contracts import IssuedKey, Scope
from apps.access.limiter import limits_forget
from apps.access.models import User
from apps.access.services import api_key_create, user_ensure
from apps.access.snapshot_file import snapshot_path
from apps.common.redis import redis_forget_connections

KeyMaker = Callable[..., IssuedKey]
PersonMaker = Callable[..., User]
PASSWORD = "a password of length"


@pytest.fixture(autouse=True)
def _no_counts() -> Iterator[None]:
    limits_forget()
    yield
    snapshot_path().unlink(missing_ok=True)


@pytest.fixture
def key_of(db: None) -> KeyMaker:
    def make(*scopes: Scope, **options: object) -> IssuedKey:
        return api_key_create(
            **{"name": "a key", "scopes": scopes or [Scope.SEARCH_READ], **options}  # type: ignore[arg-type]  # each test says what it wants
        )

    return make


@pytest.fixture
def person(db: None) -> PersonMaker:
    def make(
        username: str = "ada", *, superuser: bool = False, groups: tuple[str, ...] = ()
    ) -> User:
        user_ensure(username=username, password=PASSWORD, groups=groups, superuser=superuser)
        return User.objects.get(username=username)

    return make


@pytest.fixture
def redis_gone(settings: Settings) -> Iterator[None]:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    redis_forget_connections()
    yield
    redis_forget_connections()
