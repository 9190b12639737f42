"""Reading versions: always as frozen views."""

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet

from apps.common.errors import NotFound
from apps.publishing.bases import PublishableVersion, publish_kind
from apps.publishing.contracts import VersionStatus, VersionView

_OPEN = (VersionStatus.DRAFT.value, VersionStatus.IN_REVIEW.value)


def version_view(*, kind: str, version_id: int) -> VersionView:
    """One version.

    Raises:
        NotFound: there is none.
    """
    return view_of(kind, row_get(kind, version_id))


def version_numbered(*, kind: str, subject: str, number: int) -> VersionView:
    """The version of a subject with this number.

    Raises:
        NotFound: there is none.
    """
    row = rows_of(kind).filter(subject=subject, number=number).first()
    if row is None:
        raise NotFound(f"{subject} has no version {number}.")
    return view_of(kind, row)


def live_version(*, kind: str, subject: str) -> VersionView | None:
    """The published version of a subject; None when nothing was published."""
    row = rows_of(kind).filter(subject=subject, status=VersionStatus.PUBLISHED.value).first()
    return None if row is None else view_of(kind, row)


def live_versions(*, kind: str) -> list[VersionView]:
    """Every published version of a kind, by subject; one statement."""
    rows = rows_of(kind).filter(status=VersionStatus.PUBLISHED.value).order_by("subject")
    return [view_of(kind, row) for row in rows]


def subject_versions(*, kind: str, subject: str, limit: int = 100) -> list[VersionView]:
    """A subject's versions, newest first."""
    rows = rows_of(kind).filter(subject=subject).order_by("-number")[:limit]
    return [view_of(kind, row) for row in rows]


def proposal_of(kind: str, subject: str) -> VersionView | None:
    """The latest draft of a subject, or its version in review; None when nothing waits."""
    rows = rows_of(kind).filter(subject=subject, status__in=_OPEN)
    row = rows.order_by("number").last()
    return None if row is None else view_of(kind, row)


def proposals(*, kind: str) -> dict[str, VersionView]:
    """What waits of each subject, as `proposal_of` has it; one statement."""
    rows = rows_of(kind).filter(status__in=_OPEN).order_by("number")
    return {row.subject: view_of(kind, row) for row in rows}


def row_get(kind: str, version_id: int) -> PublishableVersion:
    row = rows_of(kind).filter(pk=version_id).first()
    if row is None:
        raise NotFound("There is no such version.")
    return row


def view_of(kind: str, row: PublishableVersion) -> VersionView:
    """The row as upper apps see it."""
    return VersionView(
        id=row.pk,
        kind=kind,
        subject=row.subject,
        number=row.number,
        status=VersionStatus(row.status),
        content=row.content(),
        based_on=row.based_on,
        approved=row.status == VersionStatus.IN_REVIEW and row.reviewed_at is not None,
        created_by=_name(row.created_by),
        created_by_id=row.created_by_id,
        reviewed_by=_name(row.reviewed_by),
        reviewed_by_id=row.reviewed_by_id,
        published_by=_name(row.published_by),
        created_at=row.created_at,
        submitted_at=row.submitted_at,
        reviewed_at=row.reviewed_at,
        published_at=row.published_at,
        superseded_at=row.superseded_at,
        reason=row.reason,
    )


def rows_of(kind: str) -> QuerySet[PublishableVersion]:
    """The kind's rows with the people on them."""
    people = ("created_by", "reviewed_by", "published_by")
    return publish_kind(kind).model._default_manager.select_related(*people)  # noqa: SLF001 - Django's documented way to a model's first manager


def _name(person: AbstractBaseUser | None) -> str:
    return person.get_username() if person is not None else ""
