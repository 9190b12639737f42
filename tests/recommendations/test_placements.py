"""A placement as a published kind: drafted, live in memory at once, rolled back, audited."""

from collections.abc import Mapping
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, InterfaceError
from pytest_django import DjangoAssertNumQueries

from apps.access.models import AuditEntry, User
from apps.common.errors import InvalidInput
from apps.publishing.contracts import VersionView
from apps.publishing.services import draft_create, version_publish, version_rollback
from apps.recommendations.contracts import Placement, PlacementName, StrategyName
from apps.recommendations.domain.placements import DEFAULT_PLACEMENTS, placement_content
from apps.recommendations.models import PlacementVersion
from apps.recommendations.selectors.placements import (
    PLACEMENTS,
    placement_degraded,
    placement_named,
    placement_of_version,
)

pytestmark = pytest.mark.django_db
HOME = PlacementName.HOME


@pytest.fixture
def merchandiser() -> User:
    return User.objects.create_user("mara")


def home(**changes: Any) -> Mapping[str, Any]:
    return {**placement_content(DEFAULT_PLACEMENTS[HOME]), **changes}


def publish(actor: User, **changes: Any) -> VersionView:
    draft = draft_create(kind=PLACEMENTS, subject=HOME, content=home(**changes), actor=actor)
    return version_publish(
        kind=PLACEMENTS, version_id=draft.id, actor=actor, reason="a test",
        acknowledge_warnings=True,
    )  # fmt: skip


def test_the_shipped_placements_hold_until_one_is_published(merchandiser: User) -> None:
    assert [placement_named(name) for name in PlacementName] == list(DEFAULT_PLACEMENTS.values())
    version = publish(merchandiser, title="Hello", strategies=[{"name": "trending"}])
    live = placement_named(HOME)
    assert (live.title, live.number) == ("Hello", version.number)
    assert [use.name for use in live.strategies] == [StrategyName.TRENDING]
    assert placement_named(PlacementName.CART) == DEFAULT_PLACEMENTS[PlacementName.CART]
    publish(merchandiser, title="Again")
    version_rollback(kind=PLACEMENTS, subject=HOME, to_number=1, actor=merchandiser, reason="no")
    assert (placement_named(HOME).title, placement_named(HOME).number) == ("Hello", 3)


def test_naming_a_placement_asks_no_database(
    merchandiser: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    publish(merchandiser)
    placement_named(HOME)
    with django_assert_num_queries(0):
        for name in PlacementName:
            placement_named(name)


def test_a_draft_changes_nothing_live(merchandiser: User) -> None:
    content = home(title="Not yet")
    draft = draft_create(kind=PLACEMENTS, subject=HOME, content=content, actor=merchandiser)
    assert placement_named(HOME) == DEFAULT_PLACEMENTS[HOME]
    read = placement_of_version(draft)
    assert read is not None
    assert read.title == "Not yet"


@pytest.mark.parametrize(
    ("subject", "change", "field"),
    [
        ("attic", {}, "subject"),
        ("home", {"strategies": [{"name": "luck"}]}, "strategies"),
        ("home", {"diversity": 2.0}, "diversity"),
        ("home", {"constraints": {"price_to": -1.0}}, "constraints"),
    ],
)
def test_what_no_placement_may_be_is_not_stored(
    merchandiser: User, subject: str, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        draft_create(kind=PLACEMENTS, subject=subject, content=home(**change), actor=merchandiser)
    assert refused.value.extra["field"] == field
    assert not PlacementVersion.objects.exists()


def test_a_model_refuses_by_itself() -> None:
    row = PlacementVersion(subject="home", number=1, title="x", strategies=[])
    with pytest.raises(ValidationError):
        row.full_clean()


def test_every_step_is_audited(merchandiser: User) -> None:
    publish(merchandiser)
    actions = AuditEntry.objects.filter(subject_type=PLACEMENTS).values_list("action", "actor")
    assert set(actions) >= {
        ("version.draft_create", merchandiser.pk),
        ("version.publish", merchandiser.pk),
    }


def test_a_published_row_never_changes(merchandiser: User) -> None:
    version = publish(merchandiser)
    with pytest.raises(DatabaseError):
        PlacementVersion.objects.filter(pk=version.id).update(title="other")


def test_what_this_release_cannot_read_is_as_shipped(
    merchandiser: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(merchandiser, title="Read me")
    publish_cart = draft_create(
        kind=PLACEMENTS, subject="cart", content=home(title="Cart"), actor=merchandiser
    )
    version_publish(
        kind=PLACEMENTS, version_id=publish_cart.id, actor=merchandiser, reason="a test",
        acknowledge_warnings=True,
    )  # fmt: skip
    read = PlacementVersion.content

    def content(row: PlacementVersion) -> dict[str, Any]:
        return {**read(row), "mix": "gone"} if row.subject == "home" else read(row)

    monkeypatch.setattr(PlacementVersion, "content", content)
    assert placement_named(HOME) == DEFAULT_PLACEMENTS[HOME]
    assert placement_named(PlacementName.CART).title == "Cart"
    assert [each for each in PlacementName if placement_degraded(each)] == [HOME]


def test_without_postgresql_the_shipped_ones_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(**_: object) -> None:
        raise InterfaceError

    monkeypatch.setattr(PlacementVersion.objects, "filter", gone)
    found: Placement = placement_named(HOME)
    assert found == DEFAULT_PLACEMENTS[HOME]
    assert all(placement_degraded(each) for each in PlacementName)
