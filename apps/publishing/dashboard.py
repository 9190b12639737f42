"""Cards of admin's first page: what is being worked on, kind by kind."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth import get_permission_codename
from django.db.models import Count, Q
from django.urls import reverse

from apps.common.admin_dashboard import DashboardCard, Tone
from apps.publishing.bases import PublishKind, publish_kinds
from apps.publishing.contracts import VersionStatus


def version_cards(user: Any) -> Iterator[DashboardCard]:
    """One card a kind that the user may look at; one statement each."""
    for kind in publish_kinds():
        options = kind.model._meta  # noqa: SLF001 - Django's public model API
        permission = get_permission_codename("view", options)
        if user.has_perm(f"{options.app_label}.{permission}"):
            yield _card(kind, user)


def _card(kind: PublishKind, user: Any) -> DashboardCard:
    options = kind.model._meta  # noqa: SLF001 - the same
    draft, review = Q(status=VersionStatus.DRAFT), Q(status=VersionStatus.IN_REVIEW)
    found = kind.model._default_manager.aggregate(  # noqa: SLF001 - Django's documented way to a model's first manager
        live=Count("pk", filter=Q(status=VersionStatus.PUBLISHED)),
        review=Count("pk", filter=review),
        drafts=Count("pk", filter=draft),
        mine=Count("pk", filter=draft & Q(created_by=user.pk)),
    )
    listed = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
    title = kind.title or str(options.verbose_name_plural).capitalize()
    drafts = f"{_counted(found['drafts'], 'draft')} ({found['mine']} yours)"
    if found["review"]:
        value, tone = f"{found['review']} in review", Tone.WARNING
    elif found["mine"]:
        value, tone = f"{_counted(found['mine'], 'draft')} of yours", Tone.PLAIN
    else:
        value, tone = f"{found['live']} live", Tone.GOOD
    return DashboardCard(title, value, f"{found['live']} live, {drafts}", listed, tone)


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
