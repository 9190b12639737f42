"""Pruning: old versions' files go, their rows stay as history."""

from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.model_registry.contracts import StoreUnreachable
from apps.model_registry.models import ArtifactState, ArtifactVersion
from apps.model_registry.services.locks import artifact_lock
from apps.model_registry.services.stores import artifact_store

logger = structlog.get_logger(__name__)
# A build that has not finished by then never will: its process is gone.
_BUILD_PATIENCE = timedelta(hours=6)


def artifact_prune(*, name: str, keep: int | None = None) -> int:
    """Delete the files of all but the newest `keep` versions; the active one always stays.

    Also sweeps what crashed builds left behind.

    Returns:
        How many versions were pruned.
    """
    keep = settings.ARTIFACT_KEEP_VERSIONS if keep is None else keep
    with transaction.atomic():
        # Else a rollback could make active what is being pruned here.
        artifact_lock(name)
        rows = ArtifactVersion.objects.select_for_update().filter(name=name)
        ready = rows.filter(state=ArtifactState.READY).order_by("-number")
        newest = list(ready.values_list("pk", flat=True)[: max(keep, 1)])
        old = list(ready.filter(is_active=False).exclude(pk__in=newest))
        dead = list(
            rows.filter(
                state=ArtifactState.BUILDING, created_at__lt=timezone.now() - _BUILD_PATIENCE
            )
        )
        for version in old:
            version.state = ArtifactState.PRUNED
        for version in dead:
            version.state = ArtifactState.ABANDONED
        ArtifactVersion.objects.bulk_update([*old, *dead], ["state"])
    for version in [*old, *dead]:
        _files_delete(version.location)
    artifact_store().staging_sweep(_BUILD_PATIENCE.total_seconds())
    return len(old)


def _files_delete(location: str) -> None:
    try:
        artifact_store().delete(location)
    except StoreUnreachable as error:
        # The row says pruned already, so nothing will load it; the files cost only space.
        logger.warning("artifact_files_left", location=location, reason=str(error))
