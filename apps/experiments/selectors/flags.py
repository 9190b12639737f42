"""Flags as frozen views."""

from collections.abc import Mapping

from apps.common.errors import NotFound
from apps.experiments.contracts.lifecycle import FlagView
from apps.experiments.domain.design.flags import flag_read
from apps.experiments.models import Flag, FlagVersion
from apps.publishing.contracts import VersionStatus, VersionView
from apps.publishing.selectors import version_view

FLAG_KIND = "flag"
_OPEN = (VersionStatus.DRAFT.value, VersionStatus.IN_REVIEW.value)


def flag_view(key: str) -> FlagView:
    """One flag.

    Raises:
        NotFound: there is none.
    """
    row = Flag.objects.filter(key=key).first()
    if row is None:
        raise NotFound(f"There is no flag {key}.")
    version = FlagVersion.objects.filter(subject=key, status=VersionStatus.PUBLISHED.value).first()
    return _view(row, version)


def flags_view() -> tuple[FlagView, ...]:
    """Every flag, by key; two statements."""
    published: Mapping[str, FlagVersion] = {
        row.subject: row
        for row in FlagVersion.objects.filter(status=VersionStatus.PUBLISHED.value)
    }
    return tuple(_view(row, published.get(row.key)) for row in Flag.objects.order_by("key"))


def flag_proposal(key: str) -> VersionView | None:
    """The draft of a flag, or its version in review; None when nothing waits."""
    row = FlagVersion.objects.filter(subject=key, status__in=_OPEN).order_by("number").last()
    return None if row is None else version_view(kind=FLAG_KIND, version_id=row.pk)


def _view(row: Flag, version: FlagVersion | None) -> FlagView:
    if version is None:
        return FlagView(key=row.key, enabled=row.enabled, definition=None, version=0)
    return FlagView(row.key, row.enabled, flag_read(version.definition), version.number)
