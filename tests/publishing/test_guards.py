"""What the database itself refuses, whoever asks; and two people at once."""

import threading

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from apps.access.models import User
from apps.common.errors import ApplicationError
from apps.publishing.contracts import VersionStatus
from apps.publishing.selectors import live_version, version_view
from apps.publishing.services import (
    draft_submit,
    version_approve,
    version_publish,
)
from tests.publishing.conftest import KIND, draft, published

TABLE = "ranking_weights_weightsetversion"


def _sql(statement: str, *values: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.replace("TABLE", TABLE), values)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        "weights = '{}'",
        "subject = 'other'",
        "number = 99",
        "reason = 'another'",
        "status = 'draft'",
        "published_at = now()",
        "status = 'superseded', weights = '{}'",
        "created_by_id = NULL",
        "reviewed_by_id = NULL, based_on = 7",
    ],
)
def test_a_published_row_cannot_be_changed_by_raw_sql(author: User, change: str) -> None:
    view = published(author)
    with pytest.raises(DatabaseError, match="cannot"):
        _sql(f"UPDATE TABLE SET {change} WHERE id = %s", view.id)
    assert version_view(kind=KIND, version_id=view.id) == view


@pytest.mark.django_db
def test_a_published_row_can_be_superseded_and_then_nothing_more(author: User) -> None:
    view = published(author)
    _sql("UPDATE TABLE SET status = 'superseded', superseded_at = now() WHERE id = %s", view.id)
    with pytest.raises(DatabaseError, match="cannot be changed"):
        _sql("UPDATE TABLE SET status = 'published' WHERE id = %s", view.id)
    with pytest.raises(DatabaseError, match="cannot be deleted"):
        _sql("DELETE FROM TABLE WHERE id = %s", view.id)


@pytest.mark.django_db
def test_content_under_review_is_frozen(author: User, reviewer: User) -> None:
    view = draft_submit(kind=KIND, version_id=draft(author).id, actor=author)
    with pytest.raises(DatabaseError, match="cannot be changed"):
        _sql("UPDATE TABLE SET weights = '{}' WHERE id = %s", view.id)
    version_approve(kind=KIND, version_id=view.id, actor=reviewer)


@pytest.mark.django_db
def test_maker_is_not_checker_by_constraint(author: User) -> None:
    view = draft_submit(kind=KIND, version_id=draft(author).id, actor=author)
    with pytest.raises(IntegrityError, match="maker_not_checker"):
        _sql("UPDATE TABLE SET reviewed_by_id = created_by_id WHERE id = %s", view.id)
    with pytest.raises(DatabaseError, match="identity cannot change"):
        _sql("UPDATE TABLE SET created_by_id = NULL WHERE id = %s", view.id)


@pytest.mark.django_db
def test_one_published_row_a_subject_by_constraint(author: User) -> None:
    published(author)
    second = draft(author)
    with pytest.raises(IntegrityError, match="one_published"):
        _sql(
            "UPDATE TABLE SET status = 'published', published_at = now() WHERE id = %s", second.id
        )


@pytest.mark.django_db
def test_a_draft_may_be_deleted(author: User) -> None:
    _sql("DELETE FROM TABLE WHERE id = %s", draft(author).id)


def _at_once(author: User, version_ids: list[int]) -> list[str]:
    """Publish each version from a thread of its own; how each ended."""
    gate = threading.Barrier(len(version_ids))
    endings: list[str] = []

    def publish(version_id: int) -> None:
        try:
            gate.wait(timeout=10)
            version_publish(kind=KIND, version_id=version_id, actor=author, reason="at once")
            endings.append("published")
        except ApplicationError as refused:
            endings.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=publish, args=(pk,)) for pk in version_ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return sorted(endings)


@pytest.mark.django_db(transaction=True)
def test_two_drafts_published_at_once_one_wins(author: User) -> None:
    for _ in range(5):
        views = [draft(author, 0.4), draft(author, 0.6)]
        endings = _at_once(author, [view.id for view in views])
        assert endings == ["publish_warnings", "published"]
        live = live_version(kind=KIND, subject="books")
        assert live is not None
        assert live.id in {view.id for view in views}


@pytest.mark.django_db(transaction=True)
def test_one_draft_published_four_times_at_once_is_published_once(author: User) -> None:
    view = draft(author)
    endings = _at_once(author, [view.id] * 4)
    assert endings == ["published", *["version_status"] * 3]
    assert version_view(kind=KIND, version_id=view.id).status is VersionStatus.PUBLISHED


@pytest.mark.django_db(transaction=True)
def test_drafts_begun_at_once_get_numbers_of_their_own(author: User) -> None:
    numbers: list[int] = []

    def begin() -> None:
        numbers.append(draft(author).number)
        connection.close()

    threads = [threading.Thread(target=begin) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]
