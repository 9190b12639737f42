from collections.abc import Iterator, Sequence

import pytest

from apps.access.models import AuditEntry, User
from apps.common.errors import ApplicationError, Conflict, Forbidden, InvalidInput, NotFound
from apps.common.selectors import version_number
from apps.publishing.contracts import (
    Finding,
    FindingLevel,
    VersionStatus,
    VersionView,
    publish_check_register,
    publish_check_unregister,
)
from apps.publishing.selectors import live_version, live_versions, subject_versions, version_view
from apps.publishing.services import (
    draft_create,
    draft_discard,
    draft_submit,
    draft_update,
    draft_withdraw,
    version_approve,
    version_diff,
    version_findings,
    version_publish,
    version_reject,
    version_rollback,
)
from tests.publishing.conftest import KIND, draft, published, weights

pytestmark = pytest.mark.django_db


def test_numbers_count_within_a_subject(author: User) -> None:
    assert [draft(author).number, draft(author).number] == [1, 2]
    assert draft(author, subject="fashion").number == 1


def test_publishing_supersedes_bumps_and_audits(author: User) -> None:
    first = published(author, 0.4)
    bumped = version_number("ranking_weights")
    second = published(author, 0.6)
    assert second.status is VersionStatus.PUBLISHED
    assert second.published_by == "author"
    assert second.based_on == 1
    assert version_number("ranking_weights") == bumped + 1
    former = version_view(kind=KIND, version_id=first.id)
    assert former.status is VersionStatus.SUPERSEDED
    assert former.superseded_at == second.published_at
    entry = AuditEntry.objects.filter(action="version.publish").latest("pk")
    assert entry.subject_id == "books@2"
    assert entry.reason == "spring sale"
    assert entry.before is not None
    assert entry.after is not None
    assert entry.before["weights"]["search_score"] == 0.4
    assert entry.after["weights"]["search_score"] == 0.6
    assert live_version(kind=KIND, subject="books") == second
    assert live_versions(kind=KIND) == [second]
    assert [view.number for view in subject_versions(kind=KIND, subject="books")] == [2, 1]


def test_rollback_publishes_the_old_content_as_a_new_version(author: User, reviewer: User) -> None:
    published(author, 0.4)
    published(author, 0.6)
    back = version_rollback(
        kind=KIND, subject="books", to_number=1, actor=reviewer, reason="sales fell"
    )
    assert (back.number, back.content) == (3, weights(0.4))
    assert back.reason == "Back to version 1: sales fell"
    assert version_diff(version_view(kind=KIND, version_id=back.id), back) == ()
    with pytest.raises(Conflict):
        version_rollback(kind=KIND, subject="books", to_number=3, actor=reviewer, reason="again")
    with pytest.raises(NotFound):
        version_rollback(kind=KIND, subject="books", to_number=9, actor=reviewer, reason="again")


def test_a_draft_is_its_authors_alone(author: User, reviewer: User) -> None:
    view = draft(author)
    with pytest.raises(Forbidden):
        draft_update(kind=KIND, version_id=view.id, content=weights(0.9), actor=reviewer)
    changed = draft_update(kind=KIND, version_id=view.id, content=weights(0.9), actor=author)
    assert changed.content == weights(0.9)
    assert [change.path for change in version_diff(view, changed)] == [
        "weights.search_score",
        "weights.cf_score",
    ]


def test_whoever_edits_the_systems_draft_becomes_its_author(author: User, reviewer: User) -> None:
    view = draft_create(kind=KIND, subject="books", content=weights(0.4), actor=None)
    draft_update(kind=KIND, version_id=view.id, content=weights(0.9), actor=author)
    draft_submit(kind=KIND, version_id=view.id, actor=author)
    with pytest.raises(Forbidden):
        version_approve(kind=KIND, version_id=view.id, actor=author)


def test_bad_content_is_refused_naming_the_field(author: User) -> None:
    with pytest.raises(InvalidInput) as refused:
        draft_create(
            kind=KIND, subject="books", content={"weights": {"search_score": 3}}, actor=author
        )
    assert refused.value.extra["field"] == "weights"
    with pytest.raises(InvalidInput) as refused:
        draft_create(kind=KIND, subject="books", content={"colour": "red"}, actor=author)
    assert refused.value.extra["field"] == "colour"
    with pytest.raises(InvalidInput) as refused:
        draft_create(kind=KIND, subject="", content=weights(0.4), actor=author)
    assert refused.value.extra["field"] == "subject"


def test_publishing_wants_a_reason(author: User) -> None:
    with pytest.raises(InvalidInput):
        version_publish(kind=KIND, version_id=draft(author).id, actor=author, reason="  ")


def test_review_by_a_second_person(review_required: None, author: User, reviewer: User) -> None:
    view = draft(author)
    with pytest.raises(Conflict) as refused:
        version_publish(kind=KIND, version_id=view.id, actor=author, reason="now")
    assert refused.value.code == "review_required"
    assert draft_submit(kind=KIND, version_id=view.id, actor=author).status == "in_review"
    with pytest.raises(Conflict):
        draft_update(kind=KIND, version_id=view.id, content=weights(0.9), actor=author)
    with pytest.raises(Forbidden):
        version_approve(kind=KIND, version_id=view.id, actor=author)
    with pytest.raises(Conflict):
        version_publish(kind=KIND, version_id=view.id, actor=author, reason="now")
    approved = version_approve(kind=KIND, version_id=view.id, actor=reviewer)
    assert approved.approved
    assert approved.reviewed_by == "reviewer"
    live = version_publish(kind=KIND, version_id=view.id, actor=author, reason="now")
    assert live.status is VersionStatus.PUBLISHED
    assert live.reviewed_by == "reviewer"
    assert AuditEntry.objects.filter(action="version.approve", subject_id="books@1").exists()


def test_withdrawing_takes_the_approval_away(
    review_required: None, author: User, reviewer: User
) -> None:
    view = draft_submit(kind=KIND, version_id=draft(author).id, actor=author)
    version_approve(kind=KIND, version_id=view.id, actor=reviewer)
    with pytest.raises(Forbidden):
        draft_withdraw(kind=KIND, version_id=view.id, actor=reviewer)
    back = draft_withdraw(kind=KIND, version_id=view.id, actor=author)
    assert (back.status, back.reviewed_by, back.approved) == ("draft", "", False)
    draft_update(kind=KIND, version_id=view.id, content=weights(0.9), actor=author)
    draft_submit(kind=KIND, version_id=view.id, actor=author)
    with pytest.raises(Conflict):
        version_publish(kind=KIND, version_id=view.id, actor=author, reason="now")


def test_rejecting_and_discarding_settle_a_version(author: User, reviewer: User) -> None:
    view = draft_submit(kind=KIND, version_id=draft(author).id, actor=author)
    with pytest.raises(InvalidInput):
        version_reject(kind=KIND, version_id=view.id, actor=reviewer, reason="")
    rejected = version_reject(kind=KIND, version_id=view.id, actor=reviewer, reason="too bold")
    assert (rejected.status, rejected.reason) == ("rejected", "too bold")
    discarded = draft_discard(kind=KIND, version_id=draft(author).id, actor=author)
    assert (discarded.status, discarded.number) == ("rejected", 2)
    assert draft(author).number == 3
    with pytest.raises(Conflict):
        version_publish(kind=KIND, version_id=rejected.id, actor=author, reason="anyway")


def test_publishing_over_somebody_elses_change_wants_acknowledgement(
    author: User, reviewer: User
) -> None:
    mine, theirs = draft(author, 0.5), draft(reviewer, 0.7)
    version_publish(kind=KIND, version_id=theirs.id, actor=reviewer, reason="first")
    assert [f.code for f in version_findings(kind=KIND, version_id=mine.id)] == ["base_moved"]
    with pytest.raises(Conflict) as refused:
        version_publish(kind=KIND, version_id=mine.id, actor=author, reason="second")
    assert refused.value.code == "publish_warnings"
    assert refused.value.extra["findings"][0]["code"] == "base_moved"
    live = version_publish(
        kind=KIND, version_id=mine.id, actor=author, reason="second", acknowledge_warnings=True
    )
    assert live.status is VersionStatus.PUBLISHED


def _refusing(_version: VersionView) -> Sequence[Finding]:
    return [Finding(FindingLevel.ERROR, "lowers_ndcg", "It lowers NDCG by 0.2.")]


def _telling(_version: VersionView) -> Sequence[Finding]:
    return [Finding(FindingLevel.INFO, "reach", "It reaches 12 products.")]


def _breaking(_version: VersionView) -> Sequence[Finding]:
    User.objects.raw("SELECT nothing FROM nowhere")[0]
    return ()


@pytest.fixture
def check(request: pytest.FixtureRequest) -> Iterator[None]:
    publish_check_register(KIND, request.param)
    yield
    publish_check_unregister(KIND, request.param)


@pytest.mark.parametrize(
    ("check", "code", "acknowledged"),
    [
        (_refusing, "publish_checks_failed", True),
        (_breaking, "publish_warnings", False),
    ],
    indirect=["check"],
)
def test_a_check_refuses(author: User, check: None, code: str, acknowledged: bool) -> None:
    view = draft(author)
    with pytest.raises(ApplicationError) as refused:
        version_publish(
            kind=KIND,
            version_id=view.id,
            actor=author,
            reason="now",
            acknowledge_warnings=acknowledged,
        )
    assert refused.value.code == code
    assert version_view(kind=KIND, version_id=view.id).status is VersionStatus.DRAFT


@pytest.mark.parametrize(
    ("check", "acknowledged"),
    [(_telling, False), (_breaking, True)],
    indirect=["check"],
)
def test_a_check_lets_pass(author: User, check: None, acknowledged: bool) -> None:
    live = version_publish(
        kind=KIND,
        version_id=draft(author).id,
        actor=author,
        reason="now",
        acknowledge_warnings=acknowledged,
    )
    assert live.status is VersionStatus.PUBLISHED


def test_an_unknown_version_is_not_found(author: User) -> None:
    with pytest.raises(NotFound):
        draft_submit(kind=KIND, version_id=987654, actor=author)
