from typing import Any

import pytest
from django.test import Client

from apps.access.contracts import Scope
from apps.access.services import api_key_revoke, api_key_update
from tests.access.conftest import KeyMaker, PersonMaker

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.access.urls")]
HOT, COLD = "/api/test/hot", "/api/test/cold"
BOTH = pytest.mark.parametrize("path", [HOT, COLD])
ORIGIN = "https://shop.example"


def bearer(raw: str, **more: str) -> dict[str, Any]:
    return {"headers": {"Authorization": f"Bearer {raw}", **more}}


def refusal(answer: Any) -> tuple[int, Any]:
    body = answer.json()
    body.pop("trace_id")
    return answer.status_code, body


@BOTH
def test_a_key_with_the_scope_is_let_in(client: Client, key_of: KeyMaker, path: str) -> None:
    raw = key_of(Scope.SEARCH_READ, name="storefront").secret_once
    for headers in ({"Authorization": f"Bearer {raw}"}, {"X-API-Key": raw}):
        answer = client.get(path, headers=headers)
        assert answer.status_code == 200
        assert answer.json()["name"] == "storefront"


@BOTH
def test_without_a_key_401_says_how(client: Client, db: None, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 401
    assert answer.json()["code"] == "not_authenticated"
    assert answer["WWW-Authenticate"].startswith("Bearer")


@BOTH
def test_unknown_wrong_expired_and_revoked_answer_identically(
    client: Client, key_of: KeyMaker, path: str
) -> None:
    from datetime import timedelta

    from django.utils import timezone

    expired = key_of(expires_at=timezone.now() - timedelta(seconds=1))
    revoked, wrong = key_of(), key_of()
    api_key_revoke(key_id=revoked.key.id)
    tried = [
        "nonsense",
        "",
        f"sk_{'a' * 12}.{'b' * 43}",
        f"{wrong.key.prefix}.{'b' * 43}",
        expired.secret_once,
        revoked.secret_once,
    ]
    answers = [refusal(client.get(path, **bearer(raw))) for raw in tried]
    assert answers == [answers[0]] * len(tried)
    assert answers[0][0] == 401


@BOTH
def test_a_key_without_the_scope_is_refused(client: Client, key_of: KeyMaker, path: str) -> None:
    answer = client.get(path, **bearer(key_of(Scope.OPS).secret_once))
    assert refusal(answer) == (
        403,
        {
            "code": "scope_missing",
            "message": "This needs the scope search:read.",
            "extra": {"required_scope": "search:read"},
        },
    )


def test_other_methods_are_405_before_anything_else(client: Client, db: None) -> None:
    answer = client.put(HOT)
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, POST, HEAD"
    assert answer.json()["code"] == "method_not_allowed"


def test_scopes_go_by_method(client: Client, key_of: KeyMaker) -> None:
    raw = key_of(Scope.SEARCH_READ).secret_once
    assert client.head(COLD, **bearer(raw)).status_code == 200
    assert client.post(COLD, **bearer(raw)).status_code == 403
    writer = key_of(Scope.RANKING_WRITE).secret_once
    assert client.post(COLD, **bearer(writer)).status_code == 200
    assert client.get(COLD, **bearer(writer)).status_code == 403


def test_a_route_that_forgot_its_scope_is_shut(client: Client, key_of: KeyMaker) -> None:
    raw = key_of(*Scope).secret_once
    answer = client.get("/api/test/forgotten", **bearer(raw))
    assert answer.status_code == 403


def test_the_schema_is_open_to_read_only(client: Client, db: None) -> None:
    assert client.get("/api/v1/schema").status_code == 200
    assert client.post("/api/v1/schema").status_code in {401, 403, 405}


def test_what_the_view_refuses_has_the_one_shape(client: Client, key_of: KeyMaker) -> None:
    answer = client.get("/api/test/lost/9", **bearer(key_of().secret_once))
    assert refusal(answer) == (
        404,
        {"code": "not_found", "message": "There is no thing 9.", "extra": {}},
    )


@BOTH
def test_the_rate_is_exact_and_says_when_to_come_back(
    client: Client, key_of: KeyMaker, path: str
) -> None:
    raw = key_of(rate_per_minute=3).secret_once
    answers = [client.get(path, **bearer(raw)) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert 1 <= int(answers[-1]["Retry-After"]) <= 120
    assert answers[-1].json()["code"] == "rate_limited"


def test_without_redis_the_edge_lets_in_and_says_so(
    client: Client, key_of: KeyMaker, redis_gone: None
) -> None:
    raw = key_of(rate_per_minute=3).secret_once
    answers = [client.get(HOT, **bearer(raw)) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0].json()["degraded"] == ["redis"]


@BOTH
def test_a_warm_request_with_a_key_needs_no_sql(
    client: Client, key_of: KeyMaker, path: str, django_assert_num_queries: Any
) -> None:
    raw = key_of().secret_once
    client.get(path, **bearer(raw))
    with django_assert_num_queries(0):
        assert client.get(path, **bearer(raw)).status_code == 200


@BOTH
def test_a_public_key_is_bound_to_its_origins(client: Client, key_of: KeyMaker, path: str) -> None:
    raw = key_of(public=True, allowed_origins=[ORIGIN]).secret_once
    assert client.get(path, **bearer(raw)).status_code == 200
    assert client.get(path, **bearer(raw, Origin=ORIGIN)).status_code == 200
    assert client.get(path, **bearer(raw, Origin="http://testserver")).status_code == 200
    for origin in ("https://evil.test", "http://shop.example", "null", "https://testserver"):
        status, body = refusal(client.get(path, **bearer(raw, Origin=origin)))
        assert (status, body["code"]) == (403, "origin_refused")


@BOTH
def test_a_keys_own_networks_bind_it(client: Client, key_of: KeyMaker, path: str) -> None:
    raw = key_of(allowed_networks=["10.0.0.0/8"], denied_networks=["10.6.6.6"]).secret_once
    for address, status in (("10.1.2.3", 200), ("10.6.6.6", 403), ("203.0.113.9", 403)):
        answer = client.get(path, REMOTE_ADDR=address, **bearer(raw))
        assert answer.status_code == status


def test_the_address_comes_through_trusted_proxies_only(
    client: Client, key_of: KeyMaker, settings: Any
) -> None:
    raw = key_of().secret_once
    forged = bearer(raw, **{"X-Forwarded-For": "6.6.6.6, 198.51.100.7"})
    assert client.get(HOT, **forged).json()["client_ip"] == "127.0.0.1"
    settings.TRUSTED_PROXIES = 1
    assert client.get(HOT, **forged).json()["client_ip"] == "198.51.100.7"


@BOTH
def test_a_person_calls_with_the_scopes_of_their_groups(
    client: Client, person: PersonMaker, path: str
) -> None:
    client.force_login(person("mia", groups=("merchandiser",)))
    assert client.get(path).json()["name"] == "mia"
    client.force_login(person("nobody"))
    assert client.get(path).status_code == 403


def test_a_person_who_is_no_staff_or_inactive_is_nobody(
    client: Client, person: PersonMaker
) -> None:
    ada = person("ada", superuser=True)
    client.force_login(ada)
    assert client.get(HOT).status_code == 200
    ada.is_staff = False
    ada.save()
    assert client.get(HOT).status_code == 401


@BOTH
def test_a_persons_write_needs_the_csrf_token(person: PersonMaker, path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person("root", superuser=True))
    status, body = refusal(client.post(path))
    assert (status, body["code"]) == (403, "csrf_failed")
    client.get("/admin/login/")
    client.cookies["csrftoken"] = "a" * 32
    assert client.post(path, headers={"X-CSRFToken": "a" * 32}).status_code == 200


def test_a_key_needs_no_csrf_token(key_of: KeyMaker) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post(HOT, **bearer(key_of().secret_once)).status_code == 200


def test_an_edited_key_is_followed_at_once(client: Client, key_of: KeyMaker) -> None:
    from apps.access.models import ApiKey

    issued = key_of()
    key = ApiKey.objects.get()
    api_key_update(key_id=key.pk, changes={"scopes": ["ops"]}, actor=None)
    assert client.get(HOT, **bearer(issued.secret_once)).status_code == 403
