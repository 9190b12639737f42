import pytest
from django.test import Client
from django.urls import reverse

from apps.access.models import ApiKey, User
from apps.access.selectors import principal_for
from apps.access.services import user_ensure

pytestmark = pytest.mark.django_db
PAGES = ("apikey", "iprule", "auditentry", "user")


@pytest.fixture
def root(client: Client) -> User:
    user_ensure(username="root", password="a password of length", superuser=True)
    user = User.objects.get(username="root")
    client.force_login(user)
    return user


@pytest.mark.parametrize("model", PAGES)
def test_every_list_renders(client: Client, root: User, model: str) -> None:
    answer = client.get(reverse(f"admin:access_{model}_changelist"))
    assert answer.status_code == 200


def test_a_new_key_shows_its_secret_once(client: Client, root: User) -> None:
    answer = client.post(
        reverse("admin:access_apikey_add"),
        {
            "name": "warehouse",
            "scopes": ["search:read", "ops"],
            "rate_per_minute": 100,
        },
    )
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    issued = answer.context["issued"]
    assert issued.secret_once in answer.content.decode()
    principal = principal_for(issued.secret_once)
    assert principal is not None
    assert principal.name == "warehouse"
    key = ApiKey.objects.get()
    assert key.created_by == root
    again = client.get(reverse("admin:access_apikey_change", args=[key.pk]))
    assert again.status_code == 200
    assert issued.secret_once.partition(".")[2] not in again.content.decode()
