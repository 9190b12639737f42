"""Placements in admin: the list, the form with and without its script, previews, permissions."""

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.access.models import AuditEntry, User
from apps.access.services import user_ensure
from apps.publishing.services import draft_submit, version_publish
from apps.recommendations.contracts import PlacementName, StrategyName
from apps.recommendations.domain.placements import DEFAULT_PLACEMENTS, placement_content
from apps.recommendations.models import PlacementVersion
from apps.recommendations.selectors.placements import PLACEMENTS, placement_named
from apps.recommendations.services.placements import placement_draft
from tests.search.catalogue import catalogue_create

pytestmark = pytest.mark.django_db
LIST = "/admin/recommendations/placementversion/"
HOME = f"{LIST}placement/home/"
CART = PlacementName.CART


@pytest.fixture
def mara(client: Client) -> User:
    catalogue_create()
    user_ensure(username="mara", password="a password of length", groups=("merchandiser",))
    user = User.objects.get(username="mara")
    client.force_login(user)
    return user


def sent(**changes: Any) -> dict[str, Any]:
    """What a browser sends for a small shelf."""
    fields: dict[str, Any] = {
        "title": "For you",
        "k": "4",
        "mix": "first",
        "in_stock": "on",
        "not_bought_days": "0",
        "most_per_brand": "0",
        "most_per_category": "0",
        "price_from": "0",
        "price_to": "0",
        "diversity": "1",
        "whose_weights": "in_force",
        "strategy": ["popular", "trending"],
        "weight_popular": "1",
        "weight_trending": "0.5",
        "as_user": "",
        "as_session": "",
        "save": "1",
    }
    return {**fields, **changes}


def errors(page: str) -> list[str]:
    return re.findall(r'class="xa-error[^"]*"[^>]*>([^<]+)<', page)


def rows(page: str) -> list[str]:
    """The strategies on the page, in order; templates of spare ones stand behind the list."""
    listed = page.partition("<ol data-strategies>")[2].partition("</ol>")[0]
    return re.findall(r'<input type="hidden" name="strategy" value="(\w+)"', listed)


def test_the_list_says_what_is_live_and_what_waits(
    client: Client, mara: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    content = placement_content(DEFAULT_PLACEMENTS[CART])
    draft = placement_draft(name=CART, content={**content, "title": "With it"}, actor=mara)
    client.get(LIST)
    with django_assert_max_num_queries(14):
        page = client.get(LIST).content.decode()
    assert page.count("as shipped") == 5
    assert f"{LIST}{draft.id}/change/" in page
    version_publish(
        kind=PLACEMENTS, version_id=draft.id, actor=mara, reason="why not",
        acknowledge_warnings=True,
    )  # fmt: skip
    page = client.get(LIST).content.decode()
    assert page.count("as shipped") == 4
    assert "With it" in page
    assert "why not" in page


def test_a_draft_is_written_in_the_form(client: Client, mara: User) -> None:
    answer = client.post(
        f"{HOME}edit/",
        sent(not_bought_days="30", most_per_brand="2", price_to="1.5", mix="blend"),
    )
    assert answer.status_code == 302, errors(answer.content.decode())
    row = PlacementVersion.objects.get()
    assert row.created_by == mara
    assert row.content() == {
        "title": "For you",
        "strategies": [
            {"name": "popular", "weight": 1.0},
            {"name": "trending", "weight": 0.5},
        ],
        "mix": "blend",
        "constraints": {
            "in_stock": True,
            "not_bought_days": 30,
            "not_in_session": False,
            "most_per_brand": 2,
            "most_per_category": 0,
            "price_from": 0.0,
            "price_to": 1.5,
        },
        "diversity": 1.0,
        "weights": None,
        "k": 4,
    }
    assert placement_named(PlacementName.HOME).number == 0
    assert AuditEntry.objects.filter(subject_type=PLACEMENTS, actor=mara).count() == 1
    # The next edit goes on with the same draft.
    client.post(f"{HOME}edit/", sent(title="Again"))
    assert [row.title for row in PlacementVersion.objects.all()] == ["Again"]


def test_its_own_weights_count_only_when_they_are_wanted(client: Client, mara: User) -> None:
    ones = {"weights_search_score": "1", "weights_cf_score": "0.5"}
    assert client.post(f"{HOME}edit/", sent(**ones)).status_code == 302
    refused = client.post(f"{HOME}edit/", sent(**ones, whose_weights="own"))
    assert refused.status_code == 200
    own = {
        "weights_search_score": "0.7",
        "weights_cf_score": "0.3",
        "weights_popularity_score": "0",
        "weights_freshness_score": "0",
    }
    assert client.post(f"{HOME}edit/", sent(**own, whose_weights="own")).status_code == 302
    weights = PlacementVersion.objects.get().weights or {}
    assert (weights["search_score"], weights["cf_score"]) == (0.7, 0.3)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"title": ""}, "required"),
        ({"k": "0"}, "greater"),
        ({"diversity": "2"}, "less"),
        ({"strategy": []}, "at least one strategy"),
        ({"weight_trending": "x"}, "such as 0.5"),
        ({"weight_trending": "7"}, "&lt;= 1.0"),
        ({"price_from": "3", "price_to": "2"}, "ends below"),
        ({"not_bought_days": "99999"}, "less"),
    ],
)
def test_a_refusal_stands_at_its_field_and_in_the_preview(
    client: Client, mara: User, change: dict[str, Any], words: str
) -> None:
    page = client.post(f"{HOME}edit/", sent(**change))
    assert page.status_code == 200
    assert words in " ".join(errors(page.content.decode()))
    board = client.post(f"{HOME}board/", sent(**change)).content.decode()
    assert words in board
    assert not PlacementVersion.objects.exists()


@pytest.mark.parametrize(
    ("button", "expected"),
    [
        ("up:trending", ["trending", "popular"]),
        ("down:popular", ["trending", "popular"]),
        ("up:popular", ["popular", "trending"]),
        ("down:trending", ["popular", "trending"]),
        ("remove:popular", ["trending"]),
        ("add", ["popular", "trending", "new_arrivals"]),
        ("up:similar", ["popular", "trending"]),
        ("twist:popular", ["popular", "trending"]),
    ],
)
def test_rows_move_without_a_script(
    client: Client, mara: User, button: str, expected: list[str]
) -> None:
    fields = sent(row=button, adding="new_arrivals")
    del fields["save"]
    page = client.post(f"{HOME}edit/", fields).content.decode()
    assert rows(page) == expected
    assert not errors(page)
    assert not PlacementVersion.objects.exists()


def test_what_is_used_already_is_not_added_again(client: Client, mara: User) -> None:
    page = client.post(f"{HOME}edit/", sent(row="add", adding="popular")).content.decode()
    assert rows(page) == ["popular", "trending"]
    assert page.count("<template data-strategy=") == len(StrategyName) - 2


def test_the_preview_is_the_shelf_as_it_would_be(client: Client, mara: User) -> None:
    answer = client.post(f"{HOME}board/", sent(k="4"))
    compared = answer.context["compared"]
    assert len(compared.draft.items) == 4
    assert len(compared.live.items) == DEFAULT_PLACEMENTS[PlacementName.HOME].k
    assert len(compared.gone) >= 8
    page = answer.content.decode()
    assert "No longer on the shelf" in page
    assert compared.draft.items[0].reason.words in page
    assert not PlacementVersion.objects.exists()


def test_the_form_and_its_preview_cost_few_statements(
    client: Client, mara: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.get(f"{HOME}edit/")
    with django_assert_max_num_queries(18):
        client.get(f"{HOME}edit/")
    with django_assert_max_num_queries(12):
        client.post(f"{HOME}board/", sent())


def test_a_preview_can_be_asked_for_without_a_script(client: Client, mara: User) -> None:
    fields = sent(preview="1", title="Looked at")
    del fields["save"]
    page = client.post(f"{HOME}edit/", fields)
    assert page.context["compared"].draft.placement.title == "Looked at"
    assert not PlacementVersion.objects.exists()


def test_a_shelf_beside_a_product_never_shows_it(client: Client, mara: User) -> None:
    page = client.get(f"{LIST}placement/product/edit/")
    (named,) = page.context["occasion"].occasion().product_ids
    shown = [item.document.product_id for item in page.context["compared"].live.items]
    assert shown
    assert named not in shown


def test_a_version_shows_what_it_says_and_would_show(
    client: Client, mara: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    content = placement_content(DEFAULT_PLACEMENTS[CART])
    draft = placement_draft(name=CART, content={**content, "k": 3}, actor=mara)
    client.get(f"{LIST}{draft.id}/change/")
    with django_assert_max_num_queries(26):
        page = client.get(f"{LIST}{draft.id}/change/", {"as_products": "p-0-0 | p-1-1"})
    assert len(page.context["compared"].draft.items) == 3
    assert "3, unless the caller names a number" in page.content.decode()
    draft_submit(kind=PLACEMENTS, version_id=draft.id, actor=mara)
    assert client.get(f"{LIST}{draft.id}/change/").context["compared"] is not None
    diff = client.get(f"{LIST}{draft.id}/diff/")
    assert diff.status_code == 200


def test_there_is_nothing_to_add_but_versions(client: Client, mara: User) -> None:
    assert client.get(f"{LIST}add/")["Location"] == LIST
    for path in ("placement/attic/edit/", "99999/change/", "x/change/", "placement/home/board/"):
        assert client.get(f"{LIST}{path}").status_code == 404


def test_products_to_choose_from(client: Client, mara: User) -> None:
    found = client.get(f"{LIST}products/", {"q": "Acme wireless\x00"}).json()["results"]
    assert found
    assert set(found[0]) == {"id", "title"}


def test_who_may_do_what(client: Client, mara: User) -> None:
    draft = placement_draft(
        name=CART, content=placement_content(DEFAULT_PLACEMENTS[CART]), actor=mara
    )
    user_ensure(username="ana", password="a password of length", groups=("analyst",))
    client.force_login(User.objects.get(username="ana"))
    assert client.get(LIST).status_code == 200
    assert "Edit and preview" not in client.get(LIST).content.decode()
    assert client.get(f"{LIST}{draft.id}/change/").status_code == 200
    assert client.post(f"{HOME}board/", sent()).status_code == 200
    assert client.post(f"{HOME}edit/", sent()).status_code == 403
    outsider = User.objects.create_user("out", is_staff=True)
    client.force_login(outsider)
    for path in ("", "products/"):
        assert client.get(LIST + path).status_code == 403
    assert client.get(f"{LIST}{draft.id}/change/").status_code == 404
    assert client.post(f"{HOME}board/", sent()).status_code == 403


def test_a_version_under_review_is_not_edited(client: Client, mara: User) -> None:
    client.post(f"{HOME}edit/", sent())
    row = PlacementVersion.objects.get()
    draft_submit(kind=PLACEMENTS, version_id=row.pk, actor=mara)
    page = client.post(f"{HOME}edit/", sent(title="Other"))
    assert "under review" in page.content.decode()
    assert PlacementVersion.objects.get().title == "For you"
