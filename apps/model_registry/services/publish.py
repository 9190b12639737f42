"""Publishing: write, sign, store, and only then flip the one row that makes it live."""

import secrets
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog
from django.db import transaction
from django.utils import timezone

from apps.access.services import Actor
from apps.common.errors import InvalidInput
from apps.common.services import version_bump
from apps.model_registry.contracts import ArtifactManifest, Scalar
from apps.model_registry.domain.manifests import (
    MANIFEST_FILE,
    artifact_name_check,
    manifest_encode,
    manifest_sign,
)
from apps.model_registry.engines.folders import folder_files
from apps.model_registry.models import ArtifactState, ArtifactVersion
from apps.model_registry.selectors import last_number
from apps.model_registry.services.locks import artifact_lock
from apps.model_registry.services.prune import artifact_prune
from apps.model_registry.services.stores import artifact_store, signing_key

logger = structlog.get_logger(__name__)
Write = Callable[[Path], Mapping[str, Scalar]]


def artifact_publish(*, name: str, write: Write, actor: Actor = None) -> int:
    """Publish what `write` puts into the folder it is given, and serve it from now on.

    `write` answers the version's metadata. Concurrent publishers get different numbers, and
    the highest finished one is served. When anything fails, or the process dies, what was
    active stays active. Call it outside of a transaction: the number is reserved in its own.

    Returns:
        The version's number.

    Raises:
        ArtifactCorrupt: `write` left a file of an unsafe format, or none.
        StoreUnreachable: the store did not answer.
    """
    try:
        artifact_name_check(name)
    except ValueError as error:
        raise InvalidInput(str(error), field="name") from error
    version = _version_reserve(name, actor)
    staged = artifact_store().staging()
    try:
        _version_write(version, staged, write)
    except BaseException:
        ArtifactVersion.objects.filter(pk=version.pk).update(state=ArtifactState.ABANDONED)
        raise
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    _version_activate(version)
    logger.info("artifact_published", artifact=name, number=version.number)
    artifact_prune(name=name)
    return version.number


def _version_reserve(name: str, actor: Actor) -> ArtifactVersion:
    with transaction.atomic():
        artifact_lock(name)
        number = last_number(name) + 1
        # The token keeps a location from ever being reused, even by a restored database.
        location = f"{name}/{number:08d}-{secrets.token_hex(4)}"
        version = ArtifactVersion(name=name, number=number, location=location)
        version.created_by_id = getattr(actor, "pk", None)
        version.full_clean()
        version.save()
    return version


def _version_write(version: ArtifactVersion, staged: Path, write: Write) -> None:
    metadata = dict(write(staged))
    manifest = ArtifactManifest(
        name=version.name,
        number=version.number,
        created_at=timezone.now(),
        files=folder_files(staged),
        metadata=metadata,
    )
    signature = manifest_sign(manifest, signing_key())
    (staged / MANIFEST_FILE).write_bytes(manifest_encode(manifest, signature))
    artifact_store().put(staged, version.location)
    version.signature = signature
    version.metadata = metadata
    version.size_bytes = sum(file.size for file in manifest.files)


@transaction.atomic
def _version_activate(version: ArtifactVersion) -> None:
    artifact_lock(version.name)
    others = ArtifactVersion.objects.filter(name=version.name, is_active=True)
    overtaken = others.filter(number__gt=version.number).exists()
    if not overtaken:
        others.update(is_active=False)
    version.state = ArtifactState.READY
    version.ready_at = timezone.now()
    version.is_active = not overtaken
    version.full_clean()
    version.save()
    version_bump(f"artifact:{version.name}")
