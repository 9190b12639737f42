"""Units as SQL: who was exposed, to what, first when; and what is to be computed again."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from apps.events.domain.identity_sql import EVENT_TABLE, IDENTITY_TABLE
from apps.experiments.contracts.design import UnitType
from apps.experiments.contracts.lifecycle import PhaseView
from apps.experiments.domain.rollups.frame import (
    DIRTY,
    KEYS,
    NAMES,
    SEEN,
    WORK,
    Frame,
    moment,
    pauses_sql,
)
from apps.experiments.domain.rollups.quoting import text_literal, texts_literal

NEW_RETURNING = "new_returning"
NONE = "(none)"
UUID_PATTERN = "'^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'"
_DIRTY_TABLE = f"""
    CREATE TEMPORARY TABLE IF NOT EXISTS {DIRTY} (unit text PRIMARY KEY) ON COMMIT DELETE ROWS
"""
_KEYS_TABLE = f"""
    CREATE TEMPORARY TABLE IF NOT EXISTS {KEYS} (
        unit text, user_id text, client_id text, starts timestamptz, ends timestamptz,
        query_id text, query uuid
    ) ON COMMIT DELETE ROWS
"""
_WORK_TABLE = f"""
    CREATE TEMPORARY TABLE IF NOT EXISTS {WORK} (
        id bigint PRIMARY KEY, salt_version integer, unit text, phase integer, variant text,
        first_at timestamptz, last_at timestamptz, ends_at timestamptz, pre_at timestamptz,
        exposures integer, multiple boolean, merged integer, forced boolean, dimensions jsonb,
        session_id text
    ) ON COMMIT DELETE ROWS
"""
_SEEN_TABLE = f"""
    CREATE TEMPORARY TABLE IF NOT EXISTS {SEEN} (
        id uuid, t timestamptz, unit text, raw text, own text, session_id text, variant text,
        phase integer, salt_version integer, dimensions jsonb, forced boolean, valid boolean
    ) ON COMMIT DELETE ROWS
"""
_NAMES_TABLE = f"""
    CREATE TEMPORARY TABLE IF NOT EXISTS {NAMES} (
        id bigint, name text, first_at timestamptz, ends_at timestamptz,
        low timestamptz, high timestamptz, until timestamptz
    ) ON COMMIT DELETE ROWS
"""
TABLES = (_DIRTY_TABLE, _KEYS_TABLE, _SEEN_TABLE, _WORK_TABLE, _NAMES_TABLE)


def phase_sql(phases: Sequence[PhaseView]) -> str:
    """The phase of an exposure `e`: as recorded, else by time; 0 when there is none.

    A recorded number that no phase has is unknown, not placed by time.
    """
    recorded = "e.attributes->>'phase'"
    known = ", ".join(str(phase.number) for phase in phases) or "0"
    by_time = " ".join(
        f"WHEN e.occurred_at >= {moment(phase.starts_at)}"
        + (f" AND e.occurred_at < {moment(phase.ends_at)}" if phase.ends_at else "")
        + f" THEN {phase.number}"
        for phase in phases
    )
    placed = f"CASE {by_time} ELSE 0 END" if by_time else "0"
    read = (
        f"CASE WHEN {recorded} IS NULL THEN {placed}"
        f" WHEN {recorded} ~ '^[0-9]{{1,9}}$' AND ({recorded})::integer IN ({known})"
        f" THEN ({recorded})::integer ELSE 0 END"
    )
    # Nearly always it is written as we write it: then it is taken out once and read by nothing.
    usual = " ".join(f"WHEN '{phase.number}' THEN {phase.number}" for phase in phases)
    return f"CASE {recorded} {usual} ELSE {read} END" if usual else read


def unknown_sql(variants: Sequence[str], alias: str, phase: str) -> str:
    """Whether an exposure names a variant or a phase that does not exist."""
    return f"(coalesce({alias}.variant <> ALL ({texts_literal(variants)}), true) OR {phase} = 0)"


def seen_sql(
    frame: Frame,
    phases: Sequence[PhaseView],
    *,
    dimensions: Sequence[str],
    forced: Iterable[str],
) -> str:
    """Fill the table of exposures: unit, salt version, phase, variant, time, what the rows say.

    They are read once, for units, for the check against the rule and for the count of those
    that name what does not exist; `valid` ones make units.
    """
    attribute = f"e.{frame.unit.attribute}"
    salts = " ".join(f"WHEN {phase.number} THEN {phase.salt_version}" for phase in phases)
    session = "e.session_id" if NEW_RETURNING in dimensions else "NULL::text"
    chosen = (
        f"e.id, e.occurred_at AS t, e.variant, {phase_sql(phases)} AS phase,"
        f" coalesce({attribute} = ANY ({texts_literal(sorted(forced))}), false) AS forced,"
        f" coalesce('u:' || e.user_id, 'c:' || e.client_id) AS own, {session} AS session_id,"
        f" {attribute} AS raw, {pauses_sql(frame, 'e')} AS assigned,"
        f" {_dimensions(dimensions)} AS dimensions"
    )
    where = (
        f"e.type = 'exposure' AND e.experiment = {text_literal(frame.key)}"
        f" AND {frame.time_sql('e')}"
    )
    salted = f"CASE x.phase {salts} ELSE 0 END" if salts else "0"
    # Kept apart, so that the phase is read once a row and not wherever it is asked for.
    return (
        f"INSERT INTO {SEEN} SELECT x.id, x.t, x.unit, x.raw, x.own, x.session_id, x.variant,"
        f" x.phase, {salted}, x.dimensions, x.forced, x.unit IS NOT NULL AND x.assigned"
        f" AND NOT {unknown_sql(frame.variants, 'x', 'x.phase')}"
        f" FROM ({_exposure_rows(frame, chosen, where)} OFFSET 0) x"
    )


def _exposure_rows(frame: Frame, chosen: str, where: str) -> str:
    if frame.keyed and frame.people:
        by_user = f"SELECT k.unit, {chosen} FROM {KEYS} k JOIN {EVENT_TABLE} e"
        return (
            f"{by_user} ON e.user_id = k.user_id WHERE {where} UNION ALL {by_user}"
            " ON e.client_id = k.client_id AND e.user_id IS NULL"
            f" AND e.occurred_at >= k.starts AND e.occurred_at < k.ends WHERE {where}"
        )
    if frame.keyed and frame.unit is UnitType.REQUEST:
        return (
            f"SELECT k.unit, {chosen} FROM {KEYS} k JOIN {EVENT_TABLE} e"
            f" ON e.query_id = k.query_id WHERE {where}"
        )
    unit = frame.unit_sql(EVENT_TABLE, "e")
    only = f" AND {unit} IN (SELECT unit FROM {DIRTY})" if frame.partial else ""
    return (
        f"SELECT {unit} AS unit, {chosen} FROM {EVENT_TABLE} e {frame.identity_sql('e')}"
        f" WHERE {where}{only}"
    )


def _dimensions(names: Sequence[str]) -> str:
    pairs = ", ".join(
        f"{text_literal(name)}, coalesce(nullif(e.attributes->>{text_literal(name)}, ''),"
        f" '{NONE}')"
        for name in names
        if name != NEW_RETURNING
    )
    return f"jsonb_build_object({pairs})"


def work_sql(frame: Frame, phases: Sequence[PhaseView], cuped_days: int) -> str:
    """Fill the work table: one row a unit and salt version, from its first exposure on.

    What a unit does counts until the salt version ends, and never later than `as_of`.
    """
    ends = " ".join(
        f"WHEN {salt} THEN {moment(min(end, frame.as_of))}" for salt, end in salt_ends(phases)
    )
    until = (
        f"CASE g.salt_version {ends} ELSE {moment(frame.as_of)} END"
        if ends
        else moment(frame.as_of)
    )
    # One array a unit: sorting and copying it four times would cost more than all the rest.
    first = (
        "(array_agg(ARRAY[x.phase::text, x.variant, x.dimensions::text, x.session_id]"
        " ORDER BY x.t, x.id))[1:1]"
    )
    return (
        f"INSERT INTO {WORK} SELECT row_number() OVER (), g.salt_version, g.unit,"
        f" g.first[1][1]::integer, g.first[1][2], g.first_at, g.last_at,"
        f" greatest({until}, g.first_at + interval '1 microsecond'),"
        f" g.first_at - interval '{cuped_days} days', g.exposures, g.multiple, g.merged,"
        " g.forced, g.first[1][3]::jsonb, g.first[1][4] FROM (SELECT x.salt_version, x.unit,"
        f" {first} AS first, min(x.t) AS first_at, max(x.t) AS last_at, count(*) AS exposures,"
        " min(x.variant) <> max(x.variant) AS multiple,"
        " (coalesce(min(x.own) <> max(x.own), false))::int AS merged,"
        f" bool_or(x.forced) AS forced FROM {SEEN} x WHERE x.valid"
        " GROUP BY x.salt_version, x.unit) g"
    )


def salt_ends(phases: Sequence[PhaseView]) -> list[tuple[int, datetime]]:
    """(salt version, its end) of those whose every phase is over."""
    ends: dict[int, datetime | None] = {}
    for phase in phases:
        before = ends.get(phase.salt_version, phase.ends_at)
        ends[phase.salt_version] = (
            None if phase.ends_at is None or before is None else max(before, phase.ends_at)
        )
    return [(salt, end) for salt, end in ends.items() if end is not None]


def returning_sql(frame: Frame) -> str:
    """Write `new_returning` into the work table's dimensions.

    Returning: the unit had any event before the visit of its first exposure began; a visit is
    the exposure's session, or what happened on the exposure's instant when it names none.
    """
    if not frame.people:
        return (
            f"UPDATE {WORK} SET dimensions = dimensions ||"
            f" jsonb_build_object('{NEW_RETURNING}', '{NONE}')"
        )
    seen = _seen_sql(frame)
    return (
        f"UPDATE {WORK} t SET dimensions = t.dimensions || jsonb_build_object("
        f"'{NEW_RETURNING}', CASE WHEN s.seen < least(s.visit, t.first_at) THEN 'returning'"
        f" ELSE 'new' END) FROM ({seen}) s WHERE s.unit_id = t.id"
    )


def _seen_sql(frame: Frame) -> str:
    """When each unit at work was first seen, and first seen in the visit of its exposure."""
    columns = (
        "w.id AS unit_id, e.occurred_at AS t,"
        " w.session_id IS NOT NULL AND e.session_id = w.session_id AS in_visit"
    )
    when = frame.time_sql("e")
    if frame.keyed:
        rows = (
            f"SELECT {columns} FROM {WORK} w JOIN {KEYS} k ON k.unit = w.unit"
            f" JOIN {EVENT_TABLE} e ON e.user_id = k.user_id AND e.occurred_at <= w.first_at"
            f" WHERE {when} UNION ALL SELECT {columns} FROM {WORK} w"
            f" JOIN {KEYS} k ON k.unit = w.unit JOIN {EVENT_TABLE} e ON e.client_id = k.client_id"
            " AND e.user_id IS NULL AND e.occurred_at >= k.starts AND e.occurred_at < k.ends"
            f" AND e.occurred_at <= w.first_at WHERE {when}"
        )
    else:
        rows = (
            f"SELECT {columns} FROM {EVENT_TABLE} e {frame.identity_sql('e')} JOIN {WORK} w"
            f" ON w.unit = {frame.unit_sql(EVENT_TABLE, 'e')} AND e.occurred_at <= w.first_at"
            f" WHERE {when}"
        )
    return (
        "SELECT unit_id, min(t) AS seen, min(t) FILTER (WHERE in_visit) AS visit"
        f" FROM ({rows}) a GROUP BY unit_id"
    )


_USERS = f"""
    INSERT INTO {KEYS} (unit, user_id)
    SELECT unit, substr(unit, 3) FROM {DIRTY} WHERE unit LIKE 'u:%'
"""
_USERS_CLIENTS = f"""
    INSERT INTO {KEYS} (unit, client_id, starts, ends)
    SELECT d.unit, i.client_id, i.starts, i.ends
    FROM {DIRTY} d JOIN {IDENTITY_TABLE} i ON i.user_id = substr(d.unit, 3)
    WHERE d.unit LIKE 'u:%'
"""
# A client on which anybody was ever seen has no unit of its own.
_CLIENTS = f"""
    INSERT INTO {KEYS} (unit, client_id, starts, ends)
    SELECT d.unit, substr(d.unit, 3), '-infinity', 'infinity' FROM {DIRTY} d
    WHERE d.unit LIKE 'c:%' AND NOT EXISTS (
        SELECT FROM {IDENTITY_TABLE} i WHERE i.client_id = substr(d.unit, 3))
"""
_REQUESTS = f"""
    INSERT INTO {KEYS} (unit, query_id, query)
    SELECT unit, substr(unit, 3),
           CASE WHEN substr(unit, 3) ~ {UUID_PATTERN} THEN substr(unit, 3)::uuid END
    FROM {DIRTY} WHERE unit LIKE 'q:%'
"""
KEYS_SQL = (_USERS, _USERS_CLIENTS, _CLIENTS, _REQUESTS)
