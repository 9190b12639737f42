import pytest
from pytest_django import Settings

from apps.access.models import User
from apps.publishing.contracts import JsonValue, VersionView
from apps.publishing.services import draft_create, version_publish

KIND = "ranking_weights"


@pytest.fixture
def author(db: None) -> User:
    return User.objects.create_user("author", is_staff=True)


@pytest.fixture
def reviewer(db: None) -> User:
    return User.objects.create_user("reviewer", is_staff=True)


@pytest.fixture
def review_required(settings: Settings) -> None:
    settings.ENDCAP_REVIEW_REQUIRED = True


def weights(search: float) -> dict[str, JsonValue]:
    rest = 1.0 - search
    return {
        "weights": {
            "search_score": search,
            "cf_score": rest,
            "popularity_score": 0.0,
            "freshness_score": 0.0,
        }
    }


def draft(author: User, search: float = 0.4, subject: str = "books") -> VersionView:
    return draft_create(kind=KIND, subject=subject, content=weights(search), actor=author)


def published(author: User, search: float = 0.4, subject: str = "books") -> VersionView:
    return version_publish(
        kind=KIND,
        version_id=draft(author, search, subject).id,
        actor=author,
        reason="spring sale",
    )
