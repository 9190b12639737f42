"""Cards of admin's first page: what is served, and how old it is."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.timesince import timesince

from apps.common.admin_dashboard import DashboardCard
from apps.model_registry.models import ArtifactVersion


def artifact_cards(user: Any) -> Iterator[DashboardCard]:
    """One card an artifact that is served; one statement."""
    if not user.has_perm("model_registry.view_artifactversion"):
        return
    url = reverse("admin:model_registry_artifactversion_changelist")
    for version in ArtifactVersion.objects.filter(is_active=True).order_by("name"):
        title = version.name.replace("_", " ").capitalize()
        age = timesince(version.created_at, depth=1)
        yield DashboardCard(
            title, f"{age} old", f"Version {version.number} is served.",
            f"{url}?name={version.name}",
        )  # fmt: skip
