"""What is asked before a placement is published, and what is shown where one cannot be read."""

from typing import Any

import pytest
from django.test import Client

from apps.access.models import User
from apps.catalog.models import Product
from apps.publishing.contracts import Finding, FindingLevel, VersionView
from apps.publishing.selectors import version_view
from apps.publishing.services import draft_create, version_findings, version_publish
from apps.recommendations.contracts import PlacementName
from apps.recommendations.domain.placements import DEFAULT_PLACEMENTS, placement_content
from apps.recommendations.models import PlacementVersion
from apps.recommendations.selectors.placements import (
    PLACEMENTS,
    placement_worked_on,
)
from apps.recommendations.services import placement_checks
from apps.recommendations.services.placement_checks import placement_check
from tests.search.catalogue import catalogue_create

pytestmark = pytest.mark.django_db
CONSTRAINED = {"constraints": {"in_stock": True, "not_in_session": False}}


@pytest.fixture
def mara() -> User:
    return User.objects.create_superuser("mara")


def draft(name: PlacementName, **changes: Any) -> VersionView:
    content = {**placement_content(DEFAULT_PLACEMENTS[name]), "k": 4, **changes}
    return draft_create(kind=PLACEMENTS, subject=name.value, content=content, actor=None)


def findings(name: PlacementName, **changes: Any) -> tuple[Finding, ...]:
    return version_findings(kind=PLACEMENTS, version_id=draft(name, **changes).id)


def codes(found: tuple[Finding, ...]) -> list[tuple[FindingLevel, str]]:
    return [(each.level, each.code) for each in found]


@pytest.mark.parametrize("name", PlacementName)
def test_what_is_shipped_passes(mara: User, name: PlacementName) -> None:
    catalogue_create()
    assert findings(name) == ()


def test_a_shelf_that_its_constraints_leave_empty(mara: User) -> None:
    catalogue_create()
    Product.objects.update(availability="out_of_stock")
    assert codes(findings(PlacementName.HOME, **CONSTRAINED)) == [
        (FindingLevel.WARNING, "constraints_let_go")
    ]
    assert findings(PlacementName.HOME, constraints={"in_stock": False}) == ()


def test_a_shelf_that_its_constraints_leave_short(mara: User) -> None:
    catalogue_create()
    in_stock = Product.objects.filter(active=True).exclude(availability="out_of_stock").count()
    found = findings(PlacementName.HOME, k=100)
    assert codes(found) == [(FindingLevel.WARNING, "shelf_short")]
    assert f"Only {in_stock} of 100" in found[0].message


def test_an_empty_catalogue(mara: User) -> None:
    assert codes(findings(PlacementName.PRODUCT)) == [(FindingLevel.WARNING, "nothing_shown")]


def test_a_strategy_that_is_not_installed(mara: User, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue_create()
    monkeypatch.setattr(placement_checks, "strategies_known", dict)
    found = findings(PlacementName.EMAIL)
    assert [each.code for each in found] == ["unknown_strategy"] * 4
    assert "'For you'" in found[0].message


def test_what_this_release_cannot_read(client: Client, mara: User) -> None:
    catalogue_create()
    waiting = draft(PlacementName.HOME, title="Unread")
    PlacementVersion.objects.filter(pk=waiting.id).update(mix="gone")
    stored = version_view(kind=PLACEMENTS, version_id=waiting.id)
    assert codes(tuple(placement_check(stored))) == [(FindingLevel.ERROR, "unreadable")]
    assert placement_worked_on(PlacementName.HOME) == DEFAULT_PLACEMENTS[PlacementName.HOME]
    client.force_login(mara)
    page = client.get(f"/admin/recommendations/placementversion/{waiting.id}/change/")
    assert "cannot read this version" in page.content.decode()


def test_a_difference_is_told_in_words(client: Client, mara: User) -> None:
    catalogue_create()
    first = draft(PlacementName.HOME)
    version_publish(
        kind=PLACEMENTS, version_id=first.id, actor=mara, reason="x", acknowledge_warnings=True
    )
    second = draft(PlacementName.HOME, k=6, strategies=[{"name": "popular"}])
    client.force_login(mara)
    page = client.get(f"/admin/recommendations/placementversion/{second.id}/diff/")
    told = page.content.decode()
    assert "Products" in told
    assert "Strategy 1" in told
