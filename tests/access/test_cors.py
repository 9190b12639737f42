import pytest
from django.test import Client

from apps.access.contracts import Scope
from apps.access.services import api_key_revoke
from tests.access.conftest import KeyMaker

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.access.urls")]
PATH = "/api/test/hot"
ORIGIN = "https://shop.example"
ALLOW = "Access-Control-Allow-Origin"


def preflight(client: Client, origin: str, path: str = PATH) -> str:
    answer = client.options(
        path,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "authorization",
        },
    )
    found: str = answer.headers.get(ALLOW, "")
    if found:
        assert "authorization" in answer["Access-Control-Allow-Headers"]
        assert "x-api-key" in answer["Access-Control-Allow-Headers"]
        assert "origin" in answer["Vary"].lower()
    return found


def test_a_preflight_from_a_public_keys_origin_passes(client: Client, key_of: KeyMaker) -> None:
    key_of(public=True, allowed_origins=[ORIGIN, "https://*.brand.example"])
    assert preflight(client, ORIGIN) == ORIGIN
    assert preflight(client, "https://nl.brand.example") == "https://nl.brand.example"


@pytest.mark.parametrize("origin", ["https://evil.test", "http://shop.example", "null"])
def test_a_preflight_from_elsewhere_does_not(
    client: Client, key_of: KeyMaker, origin: str
) -> None:
    key_of(public=True, allowed_origins=[ORIGIN])
    assert preflight(client, origin) == ""


def test_secret_and_revoked_keys_open_no_origin(client: Client, key_of: KeyMaker) -> None:
    key_of(allowed_origins=[ORIGIN])
    gone = key_of(public=True, allowed_origins=[ORIGIN])
    api_key_revoke(key_id=gone.key.id)
    assert preflight(client, ORIGIN) == ""


def test_admin_pages_answer_no_other_origin(client: Client, key_of: KeyMaker) -> None:
    key_of(public=True, allowed_origins=[ORIGIN])
    assert preflight(client, ORIGIN, "/admin/login/") == ""


def test_an_answer_may_be_read_by_the_keys_own_origins(client: Client, key_of: KeyMaker) -> None:
    mine = key_of(public=True, allowed_origins=[ORIGIN]).secret_once
    key_of(public=True, allowed_origins=["https://other.example"])
    secret = key_of(Scope.SEARCH_READ).secret_once

    def read_by(raw: str, origin: str) -> str:
        answer = client.get(PATH, headers={"X-API-Key": raw, "Origin": origin})
        found: str = answer.headers.get(ALLOW, "")
        return found

    assert read_by(mine, ORIGIN) == ORIGIN
    assert read_by(mine, "https://other.example") == ""
    assert read_by(secret, ORIGIN) == ""
    # A page may read that its key is wrong.
    assert read_by("nonsense", ORIGIN) == ORIGIN
