"""What people say of features: whose they are, and whether to use them."""

from django.db import transaction

from apps.access.services import Actor, audit_record
from apps.common.errors import InvalidInput, NotFound
from apps.common.services import version_bump
from apps.features.contracts import FeatureStatus
from apps.features.contracts_store import FeatureRecord, FeatureUnknown
from apps.features.domain.registry import feature_of, features_registered, status_of
from apps.features.models import FeatureNote
from apps.features.selectors_state import STORE_VERSION, feature_records, record_of

_LONGEST_NOTES = 4000


def notes_ensure() -> int:
    """A row for every registered feature that has none yet; how many were made."""
    known = set(FeatureNote.objects.values_list("key", flat=True))
    missing = [each.spec for each in features_registered() if each.spec.key not in known]
    FeatureNote.objects.bulk_create(
        [
            FeatureNote(
                key=spec.key, owner=spec.owner, status=spec.status, successor=spec.successor
            )
            for spec in missing
        ],
        ignore_conflicts=True,
    )
    return len(missing)


def feature_note_change(
    *, key: str, owner: str, status: str, successor: str, notes: str, actor: Actor
) -> FeatureRecord:
    """Say whose a feature is and whether to use it; audited, and known to every worker.

    Args:
        key: `name@version`.
        owner: not empty.
        status: `active` or `deprecated`.
        successor: `name@version` of what to use instead of a deprecated one.
        notes: anything.
        actor: who says it.

    Raises:
        NotFound: no such feature.
        InvalidInput: naming the field.
    """
    feature_note_check(key=key, owner=owner, status=status, successor=successor, notes=notes)
    with transaction.atomic():
        row = FeatureNote.objects.select_for_update().filter(key=key).first()
        if row is None:
            raise NotFound(f"There is no feature '{key}'.", extra={"field": "key"})
        before = _said(row)
        row.owner, row.status, row.notes = owner.strip(), status, notes
        row.successor = successor if status == FeatureStatus.DEPRECATED else ""
        row.full_clean()
        row.save()
        after = _said(row)
        if after != before:
            audit_record(
                actor=actor, action="feature.change", subject_type="features.featurenote",
                subject_id=key, before=before, after=after,
            )  # fmt: skip
            version_bump(STORE_VERSION)
    return record_of(row)


def _said(row: FeatureNote) -> dict[str, str]:
    return {
        "owner": row.owner,
        "status": row.status,
        "successor": row.successor,
        "notes": row.notes,
    }


def feature_note_check(*, key: str, owner: str, status: str, successor: str, notes: str) -> None:
    """Refuse what cannot be said of a feature.

    Raises:
        InvalidInput: naming the field.
    """
    if not owner.strip():
        raise InvalidInput("Somebody has to answer for it.", field="owner")
    if status not in {each.value for each in FeatureStatus}:
        raise InvalidInput("A feature is active or deprecated.", field="status")
    if len(notes) > _LONGEST_NOTES:
        raise InvalidInput(f"At most {_LONGEST_NOTES} characters.", field="notes")
    if status != FeatureStatus.DEPRECATED:
        return
    try:
        found = feature_of(successor).spec
    except FeatureUnknown as error:
        raise InvalidInput(
            "A deprecated feature names another registered one, as name@version.",
            field="successor",
        ) from error
    if found.key == key:
        raise InvalidInput("A feature cannot follow itself.", field="successor")
    if status_of(found, feature_records()) is FeatureStatus.DEPRECATED:
        raise InvalidInput(f"{successor} is deprecated itself.", field="successor")
