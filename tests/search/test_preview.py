from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.access.models import User
from apps.access.services import user_ensure
from apps.ranking_weights.services import weights_draft_create
from apps.search.contracts import Hit
from apps.search.domain.comparison import MovedHit

pytestmark = pytest.mark.usefixtures("catalogue")
FRESH = {"search_score": 0.0, "cf_score": 0.0, "popularity_score": 0.0, "freshness_score": 1.0}


def person(name: str, *, superuser: bool = False, groups: tuple[str, ...] = ()) -> User:
    user_ensure(username=name, password="a password of length", groups=groups, superuser=superuser)
    return User.objects.get(username=name)


@pytest.fixture
def version() -> int:
    return weights_draft_create(subject="global", weights=FRESH, actor=None).id


def page(client: Client, **parameters: str | int | list[str]) -> Any:
    return client.get(reverse("search-weights-preview"), parameters)


def test_side_by_side_with_who_moved(client: Client, version: int) -> None:
    client.force_login(person("mia", groups=("merchandiser",)))
    response = page(client, version=version, q=["running shoes", "zzqx"])
    assert response.status_code == 200
    body = response.content.decode()
    assert "▲" in body
    assert "▼" in body
    assert "Nothing found." in body
    assert "unsafe-eval" not in response["Content-Security-Policy"]
    first = response.context["comparisons"][0]
    released = [line.hit.document.released_at for line in first.draft]
    assert released == sorted(released, reverse=True)
    places = {hit.document.product_id: hit.position for hit in first.current}
    for line in first.draft:
        assert line.before == places[line.hit.document.product_id]
        assert line.moved == line.before - line.hit.position


def test_a_category_set_is_compared_inside_its_category(client: Client) -> None:
    draft = weights_draft_create(subject="fashion", weights=FRESH, actor=None)
    client.force_login(person("root", superuser=True))
    response = page(client, version=draft.id, q="")
    (comparison,) = response.context["comparisons"]
    assert comparison.category == "fashion"
    assert all(line.hit.document.category_path == "fashion/shoes" for line in comparison.draft)


def test_queries_default_to_recent_ones_or_browsing(client: Client, version: int) -> None:
    client.force_login(person("root", superuser=True))
    response = page(client, version=version)
    assert [each.query for each in response.context["comparisons"]] == [""]


@pytest.mark.parametrize("version_asked", ["", "x", "999999", "9" * 30, "-1"])
def test_unknown_versions(client: Client, version_asked: str) -> None:
    client.force_login(person("root", superuser=True))
    assert page(client, version=version_asked).status_code == 404


def test_who_may_look(client: Client, version: int) -> None:
    assert page(client, version=version).status_code == 302
    outsider = person("out")
    outsider.is_staff = True
    outsider.save()
    client.force_login(outsider)
    assert page(client, version=version).status_code == 403


def test_what_typed_queries_hold_is_escaped(client: Client, version: int) -> None:
    client.force_login(person("root", superuser=True))
    assert b"<script>x" not in page(client, version=version, q="<script>x").content


def test_places_lost() -> None:
    hit = Hit(3, 0.5, None, {})  # type: ignore[arg-type]  # only its position matters here
    assert MovedHit(hit, 1, -2).lost == 2
    assert MovedHit(hit, 5, 2).lost == 0
    assert MovedHit(hit, None, None).lost == 0
