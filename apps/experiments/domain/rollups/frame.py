"""What every statement of one run shares: whose units, up to when, and how rows are found."""

from dataclasses import dataclass
from datetime import datetime

from apps.events.domain.identity_sql import (
    IDENTITY_TABLE,
    QUERY_LOG_TABLE,
    identity_join,
    unit_expression,
)
from apps.experiments.contracts.design import UnitType
from apps.experiments.domain.rollups.quoting import text_literal

WORK = "rollup_work"
SEEN = "rollup_seen"
NAMES = "rollup_names"
DIRTY = "rollup_dirty"
KEYS = "rollup_keys"
UNIT_TABLE = "experiments_unit"
BEFORE = "'-infinity'::date"
_PEOPLE = frozenset({UnitType.USER, UnitType.CLIENT})
# What rows of the units at work are named, and when: one join a row instead of two, since who
# owns a client is asked once a unit. A client with an owner has no unit of its own.
NAMES_SQL = f"""
    SELECT w.id, w.unit AS name, w.first_at, w.ends_at, w.pre_at AS low, w.ends_at AS high,
           'infinity'::timestamptz AS until
    FROM {WORK} w
    UNION ALL
    SELECT w.id, 'c:' || i.client_id, w.first_at, w.ends_at, greatest(w.pre_at, i.starts),
           least(w.ends_at, i.ends), i.ends
    FROM {WORK} w JOIN {IDENTITY_TABLE} i ON w.unit = 'u:' || i.user_id
"""


@dataclass(frozen=True, slots=True)
class Frame:
    """One run.

    Attributes:
        experiment_id: the row; 0 for the shop's own traffic.
        key: of the experiment; what exposures name.
        unit: what is counted.
        variants: keys that exist.
        as_of: rows from here on do not exist yet.
        partial: only the units in the table of changed ones are computed.
        keyed: rows are looked up unit by unit (few units) instead of read as a whole.
        low: no row before this matters; None: all.
        pauses: when nobody was assigned, from and until: what is said to be seen then is late
            or made up.
        before: whether there is a window before first exposure, whose rows are totalled apart.
    """

    experiment_id: int
    key: str
    unit: UnitType
    variants: tuple[str, ...]
    as_of: datetime
    partial: bool = False
    keyed: bool = False
    low: datetime | None = None
    before: bool = True
    pauses: tuple[tuple[datetime, datetime | None], ...] = ()

    @property
    def people(self) -> bool:
        """Whether units are users and clients, who merge by the identity rule."""
        return self.unit in _PEOPLE

    def unit_sql(self, table: str, alias: str) -> str:
        """The unit of a row of events or of the query log; identity is joined as `i`."""
        if self.people:
            return unit_expression(alias)
        if self.unit is UnitType.SESSION:
            return f"'s:' || {alias}.session_id"
        if table == QUERY_LOG_TABLE:
            return f"'q:' || {alias}.id::text"
        return f"'q:' || {alias}.query_id"

    def identity_sql(self, alias: str) -> str:
        """The join that `unit_sql` needs."""
        return identity_join(alias) if self.people else ""

    def time_sql(self, alias: str) -> str:
        """Rows that exist at `as_of`."""
        low = f" AND {alias}.occurred_at >= {moment(self.low)}" if self.low else ""
        return f"{alias}.occurred_at < {moment(self.as_of)}{low}"


def pauses_sql(frame: Frame, alias: str) -> str:
    """Whether a row is not from while nobody was assigned."""
    spans = (
        f"({alias}.occurred_at >= {moment(low)}"
        + (f" AND {alias}.occurred_at < {moment(high)})" if high is not None else ")")
        for low, high in frame.pauses
    )
    return " AND ".join(f"NOT {span}" for span in spans) or "true"


def moment(at: datetime) -> str:
    """An instant as SQL."""
    return f"{text_literal(at.isoformat())}::timestamptz"


def matched_sql(
    frame: Frame, table: str, *, columns: str, where: str, until_end: bool = True
) -> str:
    """Rows of a log that belong to the units at work, with the unit's `w` beside them.

    Args:
        frame: the run.
        table: events or query log; alias `e`.
        columns: what is selected, of `e` and `w`.
        where: condition on `e`.
        until_end: only rows before the unit's last counted moment; else up to `as_of`.
    """
    ends = " AND e.occurred_at < w.ends_at" if until_end else ""
    span = f"e.occurred_at >= w.pre_at{ends}"
    when = f"{frame.time_sql('e')} AND ({where})"
    if frame.keyed and frame.people:
        return (
            f"SELECT {columns} FROM {WORK} w JOIN {KEYS} k ON k.unit = w.unit"
            f" JOIN {table} e ON e.user_id = k.user_id AND {span} WHERE {when}"
            f" UNION ALL SELECT {columns} FROM {WORK} w JOIN {KEYS} k ON k.unit = w.unit"
            f" JOIN {table} e ON e.client_id = k.client_id AND e.user_id IS NULL"
            f" AND e.occurred_at >= k.starts AND e.occurred_at < k.ends AND {span} WHERE {when}"
        )
    if frame.keyed and frame.unit is UnitType.REQUEST:
        link = "e.id = k.query" if table == QUERY_LOG_TABLE else "e.query_id = k.query_id"
        return (
            f"SELECT {columns} FROM {WORK} w JOIN {KEYS} k ON k.unit = w.unit"
            f" JOIN {table} e ON {link} AND {span} WHERE {when}"
        )
    if frame.people:
        until = "w.high" if until_end else "w.until"
        return (
            f"SELECT {columns} FROM {table} e JOIN {NAMES} w"
            " ON w.name = coalesce('u:' || e.user_id, 'c:' || e.client_id)"
            f" AND e.occurred_at >= w.low AND e.occurred_at < {until} WHERE {when}"
        )
    return (
        f"SELECT {columns} FROM {table} e JOIN {WORK} w"
        f" ON w.unit = {frame.unit_sql(table, 'e')} AND {span} WHERE {when}"
    )
