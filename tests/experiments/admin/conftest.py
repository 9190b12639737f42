import pytest
from django.test import Client

from apps.access.models import User
from apps.access.services import groups_ensure, user_ensure
from apps.experiments.services.metrics import metrics_ensure_shipped
from tests.experiments.admin.pages import PASSWORD


@pytest.fixture
def mara(db: None) -> User:
    """A merchandiser."""
    groups_ensure()
    metrics_ensure_shipped()
    user_ensure(username="mara", password=PASSWORD, groups=("merchandiser",))
    return User.objects.get(username="mara")


@pytest.fixture
def chris(mara: User) -> User:
    """Another one, who reviews."""
    user_ensure(username="chris", password=PASSWORD, groups=("merchandiser",))
    return User.objects.get(username="chris")


@pytest.fixture
def client_mara(mara: User) -> Client:
    client = Client()
    client.force_login(mara)
    return client


@pytest.fixture
def client_chris(chris: User) -> Client:
    client = Client()
    client.force_login(chris)
    return client
