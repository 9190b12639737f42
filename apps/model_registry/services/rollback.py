"""Activating another version: the same row flip as publishing, by a person, with a reason."""

from django.db import transaction

from apps.access.services import Actor, audit_record
from apps.common.errors import Conflict, InvalidInput, NotFound, Unavailable
from apps.common.services import version_bump
from apps.model_registry.contracts import ArtifactCorrupt, StoreUnreachable
from apps.model_registry.engines.folders import folder_verify
from apps.model_registry.models import ArtifactState, ArtifactVersion
from apps.model_registry.services.locks import artifact_lock
from apps.model_registry.services.stores import artifact_store, signing_key


@transaction.atomic
def artifact_rollback(*, name: str, number: int, actor: Actor, reason: str = "") -> None:
    """Serve version `number` of `name` from now on, forwards or backwards.

    Raises:
        NotFound: there is no such version.
        Conflict: its files were pruned, are damaged, or were never finished.
        Unavailable: the store does not answer.
        InvalidInput: a person gave no reason.
    """
    if actor is not None and not reason.strip():
        raise InvalidInput("Say why another version is activated.", field="reason")
    artifact_lock(name)
    target = ArtifactVersion.objects.filter(name=name, number=number).first()
    if target is None:
        raise NotFound("There is no such version.")
    _version_check(target)
    active = ArtifactVersion.objects.filter(name=name, is_active=True).first()
    if active is not None and active.pk == target.pk:
        return
    ArtifactVersion.objects.filter(name=name, is_active=True).update(is_active=False)
    target.is_active = True
    target.full_clean()
    target.save()
    version_bump(f"artifact:{name}")
    audit_record(
        actor=actor,
        action="model_registry.activate",
        subject_type="artifact",
        subject_id=name,
        before={"number": active.number} if active else None,
        after={"number": number},
        reason=reason,
    )


def _version_check(version: ArtifactVersion) -> None:
    if version.state != ArtifactState.READY:
        raise Conflict(f"Version {version.number} is {version.state}: it cannot be served.")
    try:
        folder = artifact_store().fetch(version.location)
        folder_verify(folder, name=version.name, key=signing_key(), signature=version.signature)
    except ArtifactCorrupt as error:
        raise Conflict(f"Version {version.number} is damaged: {error}") from error
    except StoreUnreachable as error:
        raise Unavailable("The artifact store does not answer; try again.") from error
