"""Units' totals as SQL: one pass over each source, running totals by day, one row a unit."""

from collections.abc import Mapping, Sequence

from apps.experiments.contracts.metrics import FactSource
from apps.experiments.domain.rollups.conditions import (
    fact_sql,
    flag_sql,
    slot_condition,
    text_sql,
    within_sql,
)
from apps.experiments.domain.rollups.frame import BEFORE, Frame
from apps.experiments.domain.rollups.plan import Measure, RollupPlan, Slot
from apps.experiments.domain.rollups.sources import rows_sql

_DAY = "(r.t AT TIME ZONE 'UTC')::date"
_LOWEST, _HIGHEST = "'-infinity'::float8", "'infinity'::float8"
_NEUTRAL: Mapping[Measure, str] = {Measure.MAX: _LOWEST, Measure.SECONDS: _HIGHEST}
_MERGE: Mapping[Measure, str] = {Measure.MAX: "max", Measure.SECONDS: "min"}
_AT_ONCE = frozenset({Measure.EXPOSURES, Measure.ROWS, Measure.SUM, Measure.MAX, Measure.SECONDS})
_EVENT_SOURCES = frozenset({FactSource.EVENTS, FactSource.CONVERSIONS})
Numbered = Sequence[tuple[int, Slot]]


def totals_sql(frame: Frame, plan: RollupPlan) -> str:
    """Per unit at work: `unit_id`, `days`, `totals` (running, two-dimensional), `before`."""
    slots = tuple(enumerate(plan.slots, 1))
    columns = ", ".join(f"s{place}" for place, _ in slots)
    running = ", ".join(_running(frame, place, slot) for place, slot in slots)
    after = f" FILTER (WHERE day > {BEFORE})" if frame.before else ""
    before = f"min(totals) FILTER (WHERE day = {BEFORE})" if frame.before else "NULL::float8[]"
    return (
        f"SELECT unit_id, array_agg(day){after} AS days, array_agg(totals){after} AS totals,"
        f" {before} AS before"
        f" FROM (SELECT unit_id, day, ARRAY[{running}] AS totals FROM (SELECT unit_id, day,"
        f" {columns} FROM ({_days_sql(frame, plan)}) p) d"
        " WINDOW life AS (PARTITION BY unit_id ORDER BY day ROWS UNBOUNDED PRECEDING)) u"
        " GROUP BY unit_id"
    )


def _day(frame: Frame) -> str:
    """The UTC day of a row; all of the window before exposure is one day before any."""
    return f"CASE WHEN r.t < r.first_at THEN {BEFORE} ELSE {_DAY} END" if frame.before else _DAY


def _running(frame: Frame, place: int, slot: Slot) -> str:
    """A slot's total so far; on the row before exposure, what it was then."""
    total = f"{_MERGE.get(slot.measure, 'sum')}(s{place})"
    if frame.before:
        so_far = f"{total} FILTER (WHERE day > {BEFORE}) OVER life"
        total = f"CASE WHEN day = {BEFORE} THEN s{place} ELSE {so_far} END"
    else:
        total += " OVER life"
    neutral = _NEUTRAL.get(slot.measure)
    # The extremes of nothing are stored as 0: whether there was a row is another slot's to say.
    return f"coalesce(nullif({total}, {neutral}), 0)" if neutral else total


def _days_sql(frame: Frame, plan: RollupPlan) -> str:
    """Slots by unit and day, all sources together."""
    parts = _parts(frame, tuple(enumerate(plan.slots, 1)))
    if len(parts) == 1:
        return parts[0]
    merged = ", ".join(
        f"{_MERGE.get(slot.measure, 'sum')}(s{place}) AS s{place}"
        for place, slot in enumerate(plan.slots, 1)
    )
    return (
        f"SELECT unit_id, day, {merged} FROM ({' UNION ALL '.join(parts)}) a GROUP BY unit_id, day"
    )


def _parts(frame: Frame, slots: Numbered) -> list[str]:
    distinct = frozenset({Measure.DISTINCT})
    parts = [_at_once_sql(frame, FactSource.EVENTS, slots)]
    parts += [
        _at_once_sql(frame, source, slots)
        for source in (FactSource.SEARCHES, FactSource.SESSIONS)
        if _of_source(source, slots, _AT_ONCE)
    ]
    parts += [
        _distinct_sql(frame, source, slots)
        for source in (FactSource.EVENTS, FactSource.SEARCHES)
        if _of_source(source, slots, distinct)
    ]
    if any(slot.measure is Measure.STEP for _, slot in slots):
        parts.append(_steps_sql(frame, slots))
    return parts


def _source(slot: Slot) -> FactSource:
    """Which pass a slot belongs to; conversions and exposures are rows of events."""
    if slot.measure is Measure.EXPOSURES or slot.fact.source in _EVENT_SOURCES:
        return FactSource.EVENTS
    return slot.fact.source


def _of_source(source: FactSource, slots: Numbered, measures: frozenset[Measure]) -> Numbered:
    return [
        (place, slot)
        for place, slot in slots
        if slot.measure in measures and _source(slot) is source
    ]


def _columns(slots: Numbered, own: Mapping[int, str]) -> str:
    """Every slot as a column; those of other passes are neutral."""
    return ", ".join(
        f"{own.get(place, _NEUTRAL.get(slot.measure, '0::float8'))} AS s{place}"
        for place, slot in slots
    )


def _at_once_sql(frame: Frame, source: FactSource, slots: Numbered) -> str:
    """The pass over one source: everything that an aggregate with a filter can say."""
    mine = _of_source(source, slots, _AT_ONCE)
    columns = _columns(slots, {place: _aggregate(slot) for place, slot in mine})
    rows = rows_sql(frame, source, [slot for _, slot in mine])
    return f"SELECT r.unit_id, {_day(frame)} AS day, {columns} FROM ({rows}) r GROUP BY 1, 2"


def _aggregate(slot: Slot) -> str:
    if slot.measure is Measure.EXPOSURES:
        return "(count(*) FILTER (WHERE r.type = 'exposure' AND r.t >= r.first_at))::float8"
    condition = slot_condition(slot)
    if slot.measure is Measure.ROWS:
        return f"(count(*) FILTER (WHERE {condition}))::float8"
    if slot.measure is Measure.SECONDS:
        seconds = "extract(epoch FROM r.t - r.first_at)::float8"
        inside = f"{condition} AND r.t >= r.first_at"
        return f"coalesce(min({seconds}) FILTER (WHERE {inside}), {_HIGHEST})"
    value = flag_sql(slot.fact.source, slot.fact.value)
    if slot.measure is Measure.MAX:
        return f"coalesce(max({value}) FILTER (WHERE {condition}), {_LOWEST})"
    return f"coalesce(sum({value}) FILTER (WHERE {condition}), 0)"


def _distinct_sql(frame: Frame, source: FactSource, slots: Numbered) -> str:
    """Different values count on the day of their first row, once before and once after."""
    mine = _of_source(source, slots, frozenset({Measure.DISTINCT}))
    wanted = ", ".join(
        f"({place}, {slot_condition(slot)}, {text_sql(slot.fact.source, slot.fact.value)})"
        for place, slot in mine
    )
    rows = rows_sql(frame, source, [slot for _, slot in mine])
    counted = {place: f"(count(*) FILTER (WHERE r.place = {place}))::float8" for place, _ in mine}
    return (
        f"SELECT r.unit_id, {_day(frame)} AS day, {_columns(slots, counted)} FROM ("
        "SELECT r.unit_id, r.first_at, d.place, d.found, min(r.t) AS t"
        f" FROM ({rows}) r CROSS JOIN LATERAL (VALUES {wanted}) d (place, hit, found)"
        " WHERE d.hit AND d.found IS NOT NULL"
        " GROUP BY r.unit_id, r.first_at, d.place, d.found, r.t < r.first_at) r GROUP BY 1, 2"
    )


def _steps_sql(frame: Frame, slots: Numbered) -> str:
    """Funnels: each step's first row at or after the step before; one sort for all of them."""
    mine = [(place, slot) for place, slot in slots if slot.measure is Measure.STEP]
    places = {slot: place for place, slot in mine}
    reached = _step_rows(frame, mine)
    for length in range(1, max(len(slot.facts) for _, slot in mine) + 1):
        level = [(place, slot) for place, slot in mine if len(slot.facts) == length]
        columns = ", ".join(_step_time(place, slot, places) for place, slot in level)
        reached = f"SELECT x.*, {columns} FROM ({reached}) x"
    times = ", ".join(f"min(t{place}) AS t{place}" for place, _ in mine)
    pairs = ", ".join(f"({place}, t{place})" for place, _ in mine)
    counted = {place: f"(count(*) FILTER (WHERE r.place = {place}))::float8" for place, _ in mine}
    return (
        f"SELECT r.unit_id, {_day(frame)} AS day, {_columns(slots, counted)} FROM ("
        f"SELECT y.unit_id, y.first_at, v.place, v.t FROM (SELECT unit_id, first_at, {times}"
        f" FROM ({reached}) z GROUP BY unit_id, first_at) y"
        f" CROSS JOIN LATERAL (VALUES {pairs}) v (place, t) WHERE v.t IS NOT NULL) r"
        " GROUP BY 1, 2"
    )


def _step_time(place: int, slot: Slot, places: Mapping[Slot, int]) -> str:
    after = ""
    if len(slot.facts) > 1:
        earlier = Slot(
            Measure.STEP, slot.facts[:-1], slot.name, slot.window_hours, slot.from_day, slot.to_day
        )
        after = f" AND x.t >= x.t{places[earlier]}"
    return f"min(x.t) FILTER (WHERE x.m{place}{after}) OVER (PARTITION BY x.unit_id) AS t{place}"


def _step_rows(frame: Frame, mine: Numbered) -> str:
    """Rows that are any step, of every source that has one."""
    parts = []
    for source in FactSource:
        facts = {place: slot for place, slot in mine if slot.fact.source is source}
        if not facts:
            continue
        rows = rows_sql(frame, source, [_single(slot) for slot in facts.values()])
        marks = {place: _step_condition(slot) for place, slot in facts.items()}
        columns = ", ".join(f"{marks.get(place, 'false')} AS m{place}" for place, _ in mine)
        hit = " OR ".join(marks.values())
        parts.append(
            f"SELECT r.unit_id, r.first_at, r.t, {columns} FROM ({rows}) r"
            f" WHERE r.t >= r.first_at AND ({hit})"
        )
    return " UNION ALL ".join(parts)


def _single(slot: Slot) -> Slot:
    return Slot(Measure.ROWS, (slot.fact,), slot.name)


def _step_condition(slot: Slot) -> str:
    within = within_sql(slot)
    fact = fact_sql(slot.fact, slot.name)
    return f"({fact} AND {within})" if within else f"({fact})"
