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
    returning_sql,
    seen_sql,
    work_sql,
)
from apps.experiments.domain.rollups.frame import (
    DIRTY,
    KEYS,
    NAMES,
    NAMES_SQL,
    SEEN,
    UNIT_TABLE,
    WORK,
    Frame,
)
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
        written = _units_write(cursor, subject, frame)
    return (written if since is None else changed), frame


def _tables_empty(cursor: CursorWrapper) -> None:
    for statement in TABLES:
        cursor.execute(statement)
    # Emptied at every commit; a run inside somebody's larger transaction finds the last one's.
    cursor.execute(f"TRUNCATE {DIRTY}, {KEYS}, {NAMES}, {SEEN}, {WORK}")


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


def _work_fill(cursor: CursorWrapper, subject: Subject, frame: Frame) -> None:
    forced = subject.view.forced_units
    phases = subject.phases
    cursor.execute(seen_sql(frame, phases, dimensions=subject.dimensions, forced=forced))
    cursor.execute(work_sql(frame, phases, subject.cuped_days))
    cursor.execute(f"ANALYZE {WORK} (id, unit, forced)")
    if frame.people and not frame.keyed:
        cursor.execute(f"INSERT INTO {NAMES} {NAMES_SQL}")
        cursor.execute(f"ANALYZE {NAMES} (id, name)")
    if NEW_RETURNING in subject.dimensions:
        cursor.execute(returning_sql(frame))


def _units_forget(cursor: CursorWrapper, frame: Frame) -> None:
    only = f" AND unit IN (SELECT unit FROM {DIRTY})" if frame.partial else ""
    cursor.execute(f"DELETE FROM {UNIT_TABLE} WHERE experiment_id = {frame.experiment_id}{only}")


def _units_write(cursor: CursorWrapper, subject: Subject, frame: Frame) -> int:
    """Write the units at work; how many."""
    totals = totals_sql(frame, subject.plan)
    # Totals come in the order of ids: looking each unit up needs no memory, and a planner that
    # cannot know how many there are would rather hash all of them.
    looked_up = f"SELECT * FROM {WORK} o WHERE o.id = t.unit_id AND NOT o.forced OFFSET 0"
    cursor.execute(
        _insert_sql(frame, "t.days, t.totals, coalesce(t.before, '{}')")
        + f" FROM ({totals}) t CROSS JOIN LATERAL ({looked_up}) w"
    )
    written = int(cursor.rowcount)
    cursor.execute(f"SELECT count(*) FROM {WORK} WHERE NOT forced")
    row = cursor.fetchone()
    expected = row[0] if row else 0
    if written < expected:
        # Events went, or changed hands, since the exposures were read; the next run sees to them.
        cursor.execute(
            _insert_sql(frame, "'{}', '{}', '{}'") + f" FROM {WORK} w WHERE NOT w.forced"
            " ON CONFLICT (experiment_id, salt_version, unit) DO NOTHING"
        )
    return int(expected)


def _insert_sql(frame: Frame, arrays: str) -> str:
    return (
        f"INSERT INTO {UNIT_TABLE} (experiment_id, {_COLUMNS}) SELECT {frame.experiment_id},"
        " w.salt_version, w.unit, w.phase, w.variant, w.first_at, w.last_at, w.exposures,"
        f" w.multiple, w.merged, 0, w.dimensions, {arrays}"
    )
