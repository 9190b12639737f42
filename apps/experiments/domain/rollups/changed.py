"""Which units a run computes again, as SQL: those that something new is about.

New rows are those stored at or above the last horizon, and those whose time came since the last
`as_of` (clocks ahead; history played back). A unit nobody exposed is not looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.events.domain.identity_sql import (
    EVENT_TABLE,
    IDENTITY_TABLE,
    QUERY_LOG_TABLE,
    identity_join,
)
from apps.experiments.contracts.metrics import FactSource
from apps.experiments.domain.rollups.exposed import NEW_RETURNING, UUID_PATTERN
from apps.experiments.domain.rollups.frame import DIRTY, UNIT_TABLE, Frame, moment
from apps.experiments.domain.rollups.plan import Measure, RollupPlan
from apps.experiments.domain.rollups.quoting import text_literal, texts_literal
from apps.experiments.domain.rollups.sources import event_types


@dataclass(frozen=True, slots=True)
class Since:
    """Where the last run stopped: transaction horizon and `as_of`."""

    horizon: int
    as_of: datetime


def changed_sql(
    frame: Frame, plan: RollupPlan, since: Since, dimensions: Sequence[str]
) -> tuple[str, ...]:
    """Statements that fill the table of units to compute again."""
    sources = {fact.source for slot in plan.slots for fact in slot.facts}
    statements = [_exposures(frame, since), _events(frame, plan, since, dimensions, sources)]
    if sources & {FactSource.SEARCHES, FactSource.SESSIONS}:
        statements.append(_searches(frame, since))
    if FactSource.SEARCHES in sources:
        statements.append(_clicked(frame, since))
    if frame.people:
        statements.append(_merged(frame, since))
    return tuple(statements)


def _new(frame: Frame, since: Since, alias: str = "e") -> tuple[str, ...]:
    """The two ways in which a row is new, apart, so that each finds its own index."""
    until = f"{alias}.occurred_at < {moment(frame.as_of)}"
    return (
        f"{alias}.stored_xid >= {since.horizon} AND {until}",
        f"{alias}.occurred_at >= {moment(since.as_of)} AND {until}",
    )


def _insert(selects: Sequence[str]) -> str:
    rows = " UNION ALL ".join(selects)
    return (
        f"INSERT INTO {DIRTY} SELECT DISTINCT unit FROM ({rows}) n WHERE unit IS NOT NULL"
        " ON CONFLICT DO NOTHING"
    )


def _known(frame: Frame, unit: str) -> str:
    """Whether a unit is in the experiment already (or is being added to it by this run)."""
    return (
        f"(EXISTS (SELECT FROM {UNIT_TABLE} o WHERE o.experiment_id = {frame.experiment_id}"
        f" AND o.unit = {unit}))"
    )


def _rows(frame: Frame, table: str, since: Since, where: str) -> str:
    unit = frame.unit_sql(table, "e")
    selects = [
        f"SELECT {unit} AS unit FROM {table} e {frame.identity_sql('e')} WHERE {new} AND {where}"
        for new in _new(frame, since)
    ]
    known = " AND " + _known(frame, "n.unit")
    return (
        _insert(selects)
        if "exposure" in where
        else _insert(selects).replace(" ON CONFLICT", f"{known} ON CONFLICT")
    )


def _exposures(frame: Frame, since: Since) -> str:
    return _rows(
        frame,
        EVENT_TABLE,
        since,
        f"e.type = 'exposure' AND e.experiment = {text_literal(frame.key)}",
    )


def _events(
    frame: Frame,
    plan: RollupPlan,
    since: Since,
    dimensions: Sequence[str],
    sources: set[FactSource],
) -> str:
    everything = FactSource.SESSIONS in sources or NEW_RETURNING in dimensions
    reads_exits = FactSource.SEARCHES in sources
    if everything or reads_exits:
        return _rows(frame, EVENT_TABLE, since, "true")
    slots = [slot for slot in plan.slots if slot.measure is not Measure.EXPOSURES]
    return _rows(frame, EVENT_TABLE, since, f"e.type = ANY ({texts_literal(event_types(slots))})")


def _searches(frame: Frame, since: Since) -> str:
    return _rows(frame, QUERY_LOG_TABLE, since, "true")


def _clicked(frame: Frame, since: Since) -> str:
    """A click that names its search and no visitor, or another one, changes the search's unit."""
    unit = frame.unit_sql(QUERY_LOG_TABLE, "q")
    join = identity_join("q") if frame.people else ""
    selects = [
        f"SELECT {unit} AS unit FROM (SELECT e.query_id::uuid AS query FROM {EVENT_TABLE} e"
        f" WHERE {new} AND e.type = 'click' AND e.query_id ~ {UUID_PATTERN} OFFSET 0) c"
        f" JOIN {QUERY_LOG_TABLE} q ON q.id = c.query {join}"
        for new in _new(frame, since)
    ]
    known = " AND " + _known(frame, "n.unit")
    return _insert(selects).replace(" ON CONFLICT", f"{known} ON CONFLICT")


def _merged(frame: Frame, since: Since) -> str:
    """Clients that changed hands: they and everyone who owns or owned something of theirs."""
    changed = (
        f"SELECT DISTINCT client_id FROM {IDENTITY_TABLE} WHERE stored_xid >= {since.horizon}"
    )
    concerned = (
        f"SELECT c.client_id, i.user_id FROM ({changed}) c"
        f" JOIN {IDENTITY_TABLE} i USING (client_id)"
    )
    owners = (
        f"SELECT 'c:' || client_id AS unit, client_id FROM ({concerned}) a"
        f" UNION SELECT 'u:' || user_id, client_id FROM ({concerned}) b"
    )
    here = f"SELECT client_id FROM ({owners}) o WHERE {_known(frame, 'o.unit')}"
    return _insert([f"SELECT unit FROM ({owners}) p WHERE client_id IN ({here})"])
