"""The unit table follows the events: whatever changed is computed again, whole, in SQL."""

from collections.abc import Iterable
from dataclasses import replace

from django.db import connection
from django.db.backends.utils import CursorWrapper

from apps.experiments.contracts.design import UnitType
from apps.experiments.domain.rollups.changed import Since, changed_sql
from apps.experiments.domain.rollups.exposed import (
    KEYS_SQL,
    NEW_RETURNING,
    TABLES,
    exposures_sql,
    returning_sql,
    work_sql,
)
from apps.experiments.domain.rollups.frame import DIRTY, KEYS, UNIT_TABLE, WORK, Frame
from apps.experiments.domain.rollups.totals import totals_sql
from apps.experiments.selectors.rollup_subject import Subject

# Up to this many changed units are looked up one by one; for more, reading all is cheaper.
LOOKED_UP = 20_000
_LOOKED_UP_UNITS = frozenset({UnitType.USER, UnitType.CLIENT, UnitType.REQUEST})
_COLUMNS = (
    "salt_version, unit, phase, variant, first_exposed_at, last_exposed_at, exposures, multiple,"
    " merged, mismatched, dimensions, days, totals, before"
)


def units_refresh(subject: Subject, since: Since | None) -> tuple[int, Frame]:
    """Compute changed units again; how many, and the frame they were found in.

    Args:
        subject: the experiment.
        since: where the last run stopped; None computes every unit.
    """
    with connection.cursor() as cursor:
        _tables_empty(cursor)
        frame = subject.frame
        if since is not None:
            changed = _changed(cursor, subject, since)
            if not changed:
                return 0, replace(frame, partial=True)
            frame = _frame_of(cursor, frame, changed)
        _work_fill(cursor, subject, frame)
        _units_forget(cursor, frame)
        cursor.execute(_insert_sql(subject, frame))
        written = int(cursor.rowcount)
    return (written if since is None else changed), frame


def _tables_empty(cursor: CursorWrapper) -> None:
    for statement in TABLES:
        cursor.execute(statement)
    # Emptied at every commit; a run inside somebody's larger transaction finds the last one's.
    cursor.execute(f"TRUNCATE {DIRTY}, {KEYS}, {WORK}")


def _changed(cursor: CursorWrapper, subject: Subject, since: Since) -> int:
    found = 0
    for statement in changed_sql(subject.frame, subject.plan, since, subject.dimensions):
        cursor.execute(statement)
        found += max(int(cursor.rowcount), 0)
    return found


def _frame_of(cursor: CursorWrapper, frame: Frame, changed: int) -> Frame:
    """How the changed units' rows are found."""
    cursor.execute(f"ANALYZE {DIRTY}")
    if changed > LOOKED_UP or frame.unit not in _LOOKED_UP_UNITS:
        return replace(frame, partial=True)
    _run(cursor, KEYS_SQL)
    cursor.execute(f"ANALYZE {KEYS}")
    return replace(frame, partial=True, keyed=True)


def _run(cursor: CursorWrapper, statements: Iterable[str]) -> None:
    for statement in statements:
        cursor.execute(statement)


def exposures_of(subject: Subject, frame: Frame, *, owned: bool = True) -> str:
    """The valid exposures of the units in the frame; not `owned`: of all, by what they name."""
    return exposures_sql(
        frame,
        subject.phases,
        dimensions=subject.dimensions,
        forced=subject.view.forced_units,
        owned=owned,
    )


def _work_fill(cursor: CursorWrapper, subject: Subject, frame: Frame) -> None:
    exposures = exposures_of(subject, frame)
    cursor.execute(work_sql(frame, subject.phases, exposures, subject.cuped_days))
    cursor.execute(f"ANALYZE {WORK} (id, unit)")
    if NEW_RETURNING in subject.dimensions:
        cursor.execute(returning_sql(frame))


def _units_forget(cursor: CursorWrapper, frame: Frame) -> None:
    only = f" AND unit IN (SELECT unit FROM {DIRTY})" if frame.partial else ""
    cursor.execute(f"DELETE FROM {UNIT_TABLE} WHERE experiment_id = {frame.experiment_id}{only}")


def _insert_sql(subject: Subject, frame: Frame) -> str:
    return (
        f"INSERT INTO {UNIT_TABLE} (experiment_id, {_COLUMNS}) SELECT {frame.experiment_id},"
        " w.salt_version, w.unit, w.phase, w.variant, w.first_at, w.last_at, w.exposures,"
        " w.multiple, w.merged, 0, w.dimensions, coalesce(t.days, '{}'),"
        " coalesce(t.totals, '{}'), coalesce(t.before, '{}')"
        f" FROM {WORK} w LEFT JOIN ({totals_sql(frame, subject.plan)}) t ON t.unit_id = w.id"
        " WHERE NOT w.forced"
    )
