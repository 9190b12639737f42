"""Rows of every source as SQL: alias `r`, with `unit_id`, `first_at` and their time `t`.

searches: an answered search and what came of it. Clicks are those that carry its `query_id`;
`click_ndcg` is the NDCG of the clicked ranks (binary gains, distinct ranks), `exited` says that
nothing was clicked and the unit did nothing else within 30 minutes.
sessions: what a unit did in one visit after (or before) its first exposure; its time is that
of the first thing counted. Exposures are no act of the visitor and are left out.
"""

from collections.abc import Iterable, Sequence

from apps.events.domain.identity_sql import EVENT_TABLE, QUERY_LOG_TABLE
from apps.experiments.contracts.metrics import FactSource
from apps.experiments.domain.rollups.frame import Frame, matched_sql, moment
from apps.experiments.domain.rollups.plan import Measure, Slot
from apps.experiments.domain.rollups.quoting import text_literal, texts_literal

EXIT_MINUTES = 30
_ACTIONS = ("click", "view", "add_to_cart", "remove_from_cart", "purchase", "conversion")
_UNIT = "w.id AS unit_id, w.first_at, e.occurred_at AS t"
_EVENT_COLUMNS = (
    "e.id, e.type, e.value, e.quantity, e.position, e.product_id, e.query_id, e.session_id,"
    " e.currency, e.attributes, e.experiment, e.variant"
)


def event_types(slots: Iterable[Slot]) -> tuple[str, ...]:
    """Types of events that the slots' own rows have; sorted."""
    found: set[str] = set()
    for slot in slots:
        if slot.measure is Measure.EXPOSURES:
            found.add("exposure")
        for fact in slot.facts:
            if fact.source is FactSource.EVENTS:
                found.update(fact.event_types)
            elif fact.source is FactSource.CONVERSIONS:
                found.add("conversion")
    return tuple(sorted(found))


def events_rows(frame: Frame, types: Sequence[str]) -> str:
    """Events of these types; exposures of this experiment only."""
    where = f"e.type = ANY ({texts_literal(types)})"
    if "exposure" in types:
        where += (
            f" AND (e.type <> 'exposure' OR (e.experiment = {text_literal(frame.key)}"
            f" AND e.variant = ANY ({texts_literal(frame.variants)})))"
        )
    own = f"(e.experiment IS NULL OR e.experiment = {text_literal(frame.key)}) AS own"
    columns = f"{_UNIT}, {_EVENT_COLUMNS}, {own}"
    return matched_sql(frame, EVENT_TABLE, columns=columns, where=where)


def searches_rows(frame: Frame, *, exits: bool, clicks: bool) -> str:
    """Answered searches.

    Args:
        frame: the run.
        exits: whether `exited` is read by anyone.
        clicks: whether anything that comes of clicks is read by anyone.
    """
    base = _searches_with_next(frame) if exits else _searches(frame, ", NULL::timestamptz next_t")
    came = _clicks_sql(frame) if clicks or exits else ""
    clicked = "c.clicks IS NOT NULL" if came else "false"
    ndcg, first = ("c.gain / c.ideal", "c.first_click") if came else ("0", "q.t")
    return (
        "SELECT q.unit_id, q.first_at, q.t, q.results_count = 0 AS zero_result,"
        f" {clicked} AS clicked, NOT ({clicked}) AND (q.next_t IS NULL OR"
        f" q.next_t > q.t + interval '{EXIT_MINUTES} minutes') AS exited,"
        f" {ndcg} AS click_ndcg, extract(epoch FROM {first} - q.t) AS first_click_seconds,"
        " q.results_count, q.latency_ms, q.page, q.cache_hit, q.sort, q.category, q.query"
        f" FROM ({base}) q {came}"
    )


def _searches(frame: Frame, more: str) -> str:
    columns = (
        f"{_UNIT}, w.ends_at, e.id, e.results_count, e.latency_ms, e.page, e.cache_hit, e.sort,"
        f" e.category, e.query{more}"
    )
    return matched_sql(frame, QUERY_LOG_TABLE, columns=columns, where="true")


def _searches_with_next(frame: Frame) -> str:
    """Searches with the time of the unit's next act, whatever it was."""
    columns = (
        f"{_UNIT}, w.ends_at, e.id, e.results_count, e.latency_ms, e.page, e.cache_hit, e.sort,"
        " e.category, e.query"
    )
    searches = matched_sql(frame, QUERY_LOG_TABLE, columns=columns, where="true", until_end=False)
    nothing = (
        f"{_UNIT}, w.ends_at, e.id, NULL::int, NULL::float8, NULL::int, NULL::boolean,"
        " NULL::text, NULL::text, NULL::text"
    )
    acts = matched_sql(
        frame,
        EVENT_TABLE,
        columns=nothing,
        where=f"e.type = ANY ({texts_literal(_ACTIONS)})",
        until_end=False,
    )
    return (
        "SELECT * FROM (SELECT a.*, lead(t) OVER (PARTITION BY unit_id ORDER BY t, id) AS next_t"
        f" FROM ({searches} UNION ALL {acts}) a) b"
        " WHERE results_count IS NOT NULL AND t < ends_at"
    )


def _clicks_sql(frame: Frame) -> str:
    """Clicks of each search: one lookup a search for few units, else one pass over clicks."""
    clicks = (
        "SELECT k.query_id, min(k.occurred_at) AS first_click, k.position"
        f" FROM {EVENT_TABLE} k WHERE k.type = 'click' AND k.query_id IS NOT NULL"
        f" AND k.occurred_at < {moment(frame.as_of)}{{link}} GROUP BY k.query_id, k.position"
    )
    # The rank of a distinct click among the search's clicks is its place in the ideal order.
    summed = (
        "SELECT query_id, min(first_click) AS first_click, count(*) AS clicks,"
        " sum(1 / ln(1 + position::float8)) AS gain,"
        " sum(1 / ln(1 + place::float8)) FILTER (WHERE position IS NOT NULL) AS ideal"
        " FROM (SELECT d.*, row_number() OVER (PARTITION BY query_id ORDER BY position) AS place"
        f" FROM ({clicks}) d) p GROUP BY query_id"
    )
    if frame.keyed:
        lookup = summed.format(link=" AND k.query_id = q.id::text")
        return f"LEFT JOIN LATERAL ({lookup}) c ON true"
    return f"LEFT JOIN ({summed.format(link='')}) c ON c.query_id = q.id::text"


def sessions_rows(frame: Frame) -> str:
    """Visits."""
    columns = f"{_UNIT}, e.session_id, {{kind}} AS kind"
    events = matched_sql(
        frame,
        EVENT_TABLE,
        columns=columns.format(kind="e.type"),
        where="e.type <> 'exposure' AND e.session_id IS NOT NULL",
    )
    searches = matched_sql(
        frame,
        QUERY_LOG_TABLE,
        columns=columns.format(kind="'answered'"),
        where="e.session_id IS NOT NULL",
    )
    return (
        "SELECT unit_id, first_at, min(t) AS t,"
        " extract(epoch FROM max(t) - min(t)) AS seconds, count(*) AS events,"
        " count(*) FILTER (WHERE kind IN ('view', 'answered')) AS pages,"
        " count(*) FILTER (WHERE kind = 'answered') AS searches"
        f" FROM ({events} UNION ALL {searches}) v"
        " GROUP BY unit_id, first_at, session_id, t < first_at"
    )


def rows_sql(frame: Frame, source: FactSource, slots: Sequence[Slot]) -> str:
    """Rows of one source for these slots; conversions are rows of events."""
    if source is FactSource.SEARCHES:
        read = _fields_read(slots)
        return searches_rows(
            frame,
            exits="exited" in read,
            clicks=bool(read & {"clicked", "click_ndcg", "first_click_seconds"}),
        )
    if source is FactSource.SESSIONS:
        return sessions_rows(frame)
    return events_rows(frame, event_types(slots))


def _fields_read(slots: Sequence[Slot]) -> set[str]:
    facts = [fact for slot in slots for fact in slot.facts]
    return {fact.value for fact in facts} | {one.field for fact in facts for one in fact.filters}
