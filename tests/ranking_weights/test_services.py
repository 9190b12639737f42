import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, InterfaceError
from pytest_django import DjangoAssertNumQueries, Settings

from apps.access.models import User
from apps.common.errors import InvalidInput
from apps.common.snapshots import snapshots_forget
from apps.features.contracts import FEATURE_NAMES, FRESHNESS_SCORE, POPULARITY_SCORE
from apps.publishing.contracts import VersionStatus
from apps.publishing.services import version_publish, version_rollback
from apps.ranking_weights.contracts import DEFAULT_WEIGHTS
from apps.ranking_weights.models import WeightSetVersion
from apps.ranking_weights.selectors import (
    _published,
    published_weight_sets,
    weights_of_version,
    weights_resolve,
    weights_to_start_from,
)
from apps.ranking_weights.services import (
    KIND,
    weight_starters_ensure,
    weights_draft_create,
    weights_draft_update,
)
from tests.features.catalogue import categories_create

pytestmark = pytest.mark.django_db
ALL = frozenset(FEATURE_NAMES)
FRESH = {FRESHNESS_SCORE: 1.0}
POPULAR = {POPULARITY_SCORE: 1.0}


@pytest.fixture
def merchandiser() -> User:
    categories_create()
    return User.objects.create_user("mara")


def publish(subject: str, weights: dict[str, float], actor: User) -> int:
    draft = weights_draft_create(subject=subject, weights=weights, actor=actor)
    return version_publish(
        kind=KIND, version_id=draft.id, actor=actor, reason="a test", acknowledge_warnings=True
    ).number


def test_a_publish_changes_the_next_request(merchandiser: User) -> None:
    path = "electronics/audio"
    assert weights_resolve(category_path=path, available=ALL).source == "default"
    publish("electronics", POPULAR, merchandiser)
    parent = weights_resolve(category_path=path, available=ALL)
    assert (parent.source, parent.subject, parent.number) == ("parent", "electronics", 1)
    publish(path, FRESH, merchandiser)
    own = weights_resolve(category_path=path, available=ALL)
    assert (own.source, dict(own.weights)[FRESHNESS_SCORE]) == ("category", 1.0)
    publish(path, POPULAR, merchandiser)
    assert weights_resolve(category_path=path, available=ALL).number == 2
    version_rollback(kind=KIND, subject=path, to_number=1, actor=merchandiser, reason="worse")
    back = weights_resolve(category_path=path, available=ALL)
    assert (back.number, dict(back.weights)[FRESHNESS_SCORE]) == (3, 1.0)


def test_resolving_asks_no_database(
    merchandiser: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    publish("global", POPULAR, merchandiser)
    weights_resolve(category_path=None, available=ALL)
    with django_assert_num_queries(0):
        weights_resolve(category_path="electronics/audio", available=ALL)
        weights_resolve(category_path=None, available=ALL, override=FRESH)


def test_drafts_change_nothing_live(merchandiser: User) -> None:
    draft = weights_draft_create(subject="global", weights=POPULAR, actor=merchandiser)
    assert published_weight_sets() == {}
    changed = weights_draft_update(version_id=draft.id, weights=FRESH, actor=merchandiser)
    assert changed.content == {"weights": FRESH}
    found = weights_of_version(draft.id)
    assert found is not None
    assert (found.subject, found.number, dict(found.weights)) == ("global", 1, FRESH)
    assert weights_of_version(10**9) is None


@pytest.mark.parametrize(
    ("subject", "weights", "field"),
    [
        ("no/such", POPULAR, "subject"),
        ("global", {"magic": 1.0}, "magic"),
        ("global", {POPULARITY_SCORE: 0.5}, "weights"),
    ],
)
def test_what_cannot_be_drafted_is_refused(
    merchandiser: User, subject: str, weights: dict[str, float], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        weights_draft_create(subject=subject, weights=weights, actor=merchandiser)
    assert refused.value.extra["field"] == field
    assert not WeightSetVersion.objects.exists()


@pytest.mark.parametrize("weights", [[1], {"magic": 1}])
def test_the_row_itself_refuses_bad_content(weights: object) -> None:
    with pytest.raises(ValidationError):
        WeightSetVersion(subject="global", number=1, weights=weights).full_clean()


def test_starters_are_published_once(merchandiser: User) -> None:
    paths = {"electronics": "electronics"}
    made = weight_starters_ensure(paths=paths)
    assert [(each.subject, each.status, each.reason) for each in made] == [
        ("global", VersionStatus.PUBLISHED, "starter"),
        ("electronics", VersionStatus.PUBLISHED, "starter"),
    ]
    assert weight_starters_ensure(paths=paths) == ()
    publish("electronics", FRESH, merchandiser)
    assert weight_starters_ensure(paths=paths) == ()
    assert published_weight_sets()["electronics"].weights == FRESH


def test_starters_wait_where_a_second_person_reviews(
    merchandiser: User, settings: Settings
) -> None:
    settings.ENDCAP_REVIEW_REQUIRED = True
    (made,) = weight_starters_ensure(paths={}, actor=merchandiser)
    assert made.status is VersionStatus.IN_REVIEW
    assert published_weight_sets() == {}


def test_a_new_draft_starts_from_what_is_inherited(merchandiser: User) -> None:
    assert weights_to_start_from("electronics/audio").weights == DEFAULT_WEIGHTS
    publish("global", FRESH, merchandiser)
    assert weights_to_start_from("electronics/audio").subject == "global"
    publish("electronics", POPULAR, merchandiser)
    assert weights_to_start_from("electronics/audio").weights == POPULAR


def test_unknown_starters_are_refused() -> None:
    with pytest.raises(InvalidInput, match="toys"):
        weight_starters_ensure(paths={"toys": "toys"})


@pytest.mark.parametrize("failure", [DatabaseError, InterfaceError])
def test_with_postgresql_down_at_boot_the_default_serves(
    merchandiser: User, monkeypatch: pytest.MonkeyPatch, failure: type[Exception]
) -> None:
    publish("global", FRESH, merchandiser)
    snapshots_forget()

    def down(*_args: object, **_kwargs: object) -> None:
        raise failure("connection refused")

    with monkeypatch.context() as outage:
        outage.setattr(WeightSetVersion.objects, "filter", down)
        outage.setattr("apps.ranking_weights.selectors.connection.close", lambda: None)
        answer = weights_resolve(category_path=None, available=ALL)
        assert (answer.source, answer.degraded) == ("default", True)
    assert weights_resolve(category_path=None, available=ALL).source == "global"
    # Down again: what is loaded stays.
    with monkeypatch.context() as outage:
        outage.setattr(WeightSetVersion.objects, "filter", down)
        assert not _published.reload_safely()
