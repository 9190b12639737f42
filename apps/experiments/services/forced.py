"""Units of QA: each sees one variant and is counted nowhere."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from apps.access.services import Actor
from apps.common.errors import Conflict, InvalidInput
from apps.experiments.contracts.assignment import Json, Status
from apps.experiments.contracts.lifecycle import ExperimentView
from apps.experiments.domain.design.reading import design_read
from apps.experiments.models import Experiment, ForcedUnit
from apps.experiments.selectors.experiments import experiment_view
from apps.experiments.services.rows import (
    Changes,
    experiment_locked,
    moment,
    transition_write,
)

MOST_UNITS = 1_000
_MOST_CHARACTERS = 200
_OVER = (Status.COMPLETED.value, Status.ARCHIVED.value)


def forced_units_set(
    *, key: str, units: Mapping[str, str], actor: Actor, now: datetime | None = None
) -> ExperimentView:
    """The whole list of forced units, unit → variant; who is not in it any more is free.

    While a unit is listed it is left out of the analysis whole, and no exposure of it is
    logged; taken off the list it follows the rule again.

    Raises:
        InvalidInput: an empty unit, or a variant that the experiment does not have.
        Conflict: the experiment is over.
    """
    with transaction.atomic():
        row = experiment_locked(key)
        if row.status in _OVER:
            raise Conflict(f"{key} is over.", code="status_refused", extra={"status": row.status})
        wanted = _checked(row, units)
        held = dict(row.forced_units.values_list("unit", "variant"))
        if wanted != held:
            row.forced_units.all().delete()
            ForcedUnit.objects.bulk_create(
                [ForcedUnit(experiment=row, unit=u, variant=v) for u, v in wanted.items()]
            )
            transition_write(
                row,
                action="forced_units_changed",
                actor=actor,
                at=moment(now),
                changes=_changes(held, wanted),
            )
    return experiment_view(key)


def _checked(row: Experiment, units: Mapping[str, str]) -> dict[str, str]:
    if len(units) > MOST_UNITS:
        raise InvalidInput(f"At most {MOST_UNITS} units are forced.", field="units")
    version = row.live or row.draft
    if version is None:
        raise AssertionError("an experiment has a draft or a live design")
    variants = design_read(version.design).variant_keys
    for unit, variant in units.items():
        if not _is_unit(unit):
            raise InvalidInput(
                f"A unit is a text of 1 to {_MOST_CHARACTERS} characters.", field="units"
            )
        if variant not in variants:
            raise InvalidInput(
                f"There is no variant {variant}; choose one of: {', '.join(variants)}.",
                field=f"units.{unit}",
            )
    wanted = {unit.strip(): variant for unit, variant in units.items()}
    if len(wanted) < len(units):
        raise InvalidInput("Two of these units are the same but for spaces.", field="units")
    return wanted


def _is_unit(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        # Half a surrogate pair: JSON can write it, PostgreSQL cannot hold it.
        return False
    return len(text.strip()) > 0 and len(text) <= _MOST_CHARACTERS and "\x00" not in text


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> Changes:
    changes: dict[str, tuple[Json, Json]] = {}
    for unit in sorted({*before, *after}):
        if before.get(unit) != after.get(unit):
            changes[f"forced_units.{unit}"] = (before.get(unit), after.get(unit))
    return changes
