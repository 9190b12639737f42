import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, InterfaceError
from pytest_django import DjangoAssertNumQueries

from apps.access.models import User
from apps.common.errors import InvalidInput
from apps.common.snapshots import snapshots_forget
from apps.merchandising.contracts import TermGroup
from apps.merchandising.models import SynonymSetVersion
from apps.merchandising.selectors import _synonyms, synonyms
from apps.merchandising.services import (
    KIND,
    synonyms_draft_create,
    synonyms_draft_from_lines,
    synonyms_draft_update,
)
from apps.publishing.services import version_publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def merchandiser() -> User:
    return User.objects.create_user("mara")


def publish(text: str, actor: User) -> None:
    draft = synonyms_draft_from_lines(text=text, actor=actor)
    version_publish(
        kind=KIND, version_id=draft.id, actor=actor, reason="a test", acknowledge_warnings=True
    )


def test_a_publish_changes_the_next_query(
    merchandiser: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert synonyms().number == 0
    publish("sofa, couch", merchandiser)
    assert synonyms().number == 1
    publish("sofa, couch, settee", merchandiser)
    with django_assert_num_queries(1):
        index = synonyms()
    with django_assert_num_queries(0):
        assert synonyms() is index
    assert index.expand(("sofa",)) == (TermGroup(0, 1, ("couch", "settee")),)


def test_drafts_are_stored_normalised(merchandiser: User) -> None:
    rows = [{"kind": "two_way", "terms": ["SOFA", "Couch "]}]
    draft = synonyms_draft_create(entries=rows, actor=merchandiser)
    assert draft.content == {"entries": [{"kind": "two_way", "terms": ["sofa", "couch"]}]}
    changed = synonyms_draft_update(version_id=draft.id, text="a => b", actor=merchandiser)
    assert changed.content == {"entries": [{"kind": "one_way", "terms": ["b"], "from": "a"}]}
    assert synonyms().number == 0


def test_refusals_name_the_line(merchandiser: User) -> None:
    with pytest.raises(InvalidInput) as refused:
        synonyms_draft_from_lines(text="a, b\nlonely", actor=merchandiser)
    assert refused.value.extra == {"field": "entries", "line": 2}
    with pytest.raises(InvalidInput):
        synonyms_draft_create(entries=["lonely"], actor=merchandiser)
    assert not SynonymSetVersion.objects.exists()


@pytest.mark.parametrize("entries", [{"a": 1}, ["lonely"]])
def test_the_row_itself_refuses_bad_content(entries: object) -> None:
    with pytest.raises(ValidationError):
        SynonymSetVersion(subject="default", number=1, entries=entries).full_clean()


@pytest.mark.parametrize("failure", [DatabaseError, InterfaceError])
def test_with_postgresql_down_there_are_none_until_it_is_back(
    merchandiser: User, monkeypatch: pytest.MonkeyPatch, failure: type[Exception]
) -> None:
    publish("sofa, couch", merchandiser)
    snapshots_forget()

    def down(*_args: object, **_kwargs: object) -> None:
        raise failure("connection refused")

    with monkeypatch.context() as outage:
        outage.setattr(SynonymSetVersion.objects, "filter", down)
        outage.setattr("apps.merchandising.selectors.connection.close", lambda: None)
        assert synonyms().number == 0
    assert synonyms().number == 1
    with monkeypatch.context() as outage:
        outage.setattr(SynonymSetVersion.objects, "filter", down)
        assert not _synonyms.reload_safely()
    assert synonyms().number == 1
