from django.db.models import Max

from apps.model_registry.contracts import ActiveVersion, VersionLine
from apps.model_registry.models import ArtifactState, ArtifactVersion


def active_version(name: str) -> ActiveVersion | None:
    """The version to serve; None before the first one. One statement."""
    row = ArtifactVersion.objects.filter(name=name, is_active=True).first()
    if row is None:
        return None
    return ActiveVersion(row.name, row.number, row.location, row.signature, row.metadata)


def versions_listed(name: str, *, limit: int = 20) -> tuple[VersionLine, ...]:
    """An artifact's versions, newest first; one statement."""
    rows = ArtifactVersion.objects.filter(name=name).select_related("created_by")
    return tuple(
        VersionLine(
            id=row.pk,
            number=row.number,
            state=row.state,
            active=row.is_active,
            created_at=row.created_at,
            created_by=row.created_by.get_username() if row.created_by else "",
            metadata=row.metadata,
        )
        for row in rows.order_by("-number")[:limit]
    )


def last_number(name: str) -> int:
    """The highest number ever reserved for `name`, 0 before the first."""
    found = ArtifactVersion.objects.filter(name=name).aggregate(last=Max("number"))["last"]
    return int(found or 0)


def ready_numbers(name: str) -> tuple[int, ...]:
    """Versions that can be activated, newest first."""
    rows = ArtifactVersion.objects.filter(name=name, state=ArtifactState.READY)
    return tuple(rows.order_by("-number").values_list("number", flat=True))
