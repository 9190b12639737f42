"""Credit of interleaved rankings: from query log and clicks to answers to cumulative days.

New rows are found by the transactions that stored them (as every roll-up does), so a click that
comes late or through the buffer is never missed. An answer that anything new is known of is
counted anew as a whole: running it twice changes nothing. Which unit an answer belongs to is
decided when days are added up, because a login may merge a client into its user later.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from apps.common.domain.uuid7 import uuid7_floor
from apps.events.domain.identity_sql import identity_join, unit_expression
from apps.events.selectors import transaction_horizon
from apps.events.services.identity import identities_refresh
from apps.experiments.contracts.design import ExperimentKind, UnitType
from apps.experiments.contracts.lifecycle import ExperimentView
from apps.experiments.models import Experiment, InterleavingState, RollupInterleaving
from apps.experiments.selectors.experiments import experiment_view

# A browser's clock may be ahead of ours, and a query's id is stamped by ours.
_SLACK = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class InterleavingReport:
    """What one run did.

    Attributes:
        answers: interleaved answers that were counted anew.
        days: rows that stand now.
    """

    answers: int
    days: int


# A query_id is whatever a storefront sent back; only a UUID can be one of ours.
_DIRTY = """
CREATE TEMPORARY TABLE interleaving_dirty ON COMMIT DROP AS
SELECT q.id FROM events_querylog q
WHERE q.stored_xid >= %(horizon)s AND q.id >= %(oldest)s AND q.experiments @> %(mark)s
UNION
SELECT q.id FROM events_event e
JOIN events_querylog q ON q.id = CASE
    WHEN e.query_id ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'
    THEN e.query_id::uuid END
WHERE e.stored_xid >= %(horizon)s AND e.id >= %(oldest)s
  AND e.type = 'click' AND e.query_id IS NOT NULL
  AND q.id >= %(oldest)s AND q.experiments @> %(mark)s
"""

_FORGET = """
DELETE FROM experiments_interleavedanswer
WHERE experiment_id = %(experiment)s AND query_id IN (SELECT id FROM interleaving_dirty)
"""

# A product is credited once an answer, on the day of its first click. Answers of units that QA
# forces carry no teams; a unit that was forced later is left out when days are added up.
_COUNT = """
INSERT INTO experiments_interleavedanswer (
    experiment_id, query_id, day, phase, answered_at, user_id, client_id, session_id,
    control, treatment, impressions)
SELECT %(experiment)s, q.id, each.day, (told.entry->>'phase')::int, q.occurred_at,
    q.user_id, q.client_id, q.session_id,
    each.control, each.treatment, each.impressions
FROM interleaving_dirty dirty
JOIN events_querylog q ON q.id = dirty.id AND q.id >= %(oldest)s
CROSS JOIN LATERAL (
    SELECT entry FROM jsonb_array_elements(q.experiments) entry
    WHERE entry->>'key' = %(key)s AND entry ? 'teams' AND (entry->>'phase') ~ '^[0-9]+$'
    LIMIT 1
) told
CROSS JOIN LATERAL (
    SELECT day, sum(control)::int AS control, sum(treatment)::int AS treatment,
        sum(impressions)::int AS impressions
    FROM (
        SELECT (q.occurred_at AT TIME ZONE 'UTC')::date AS day,
            0 AS control, 0 AS treatment, 1 AS impressions
        UNION ALL
        SELECT (first.clicked_at AT TIME ZONE 'UTC')::date,
            (first.team = %(control)s)::int, (first.team = %(treatment)s)::int, 0
        FROM (
            SELECT told.entry->'teams'->>e.product_id AS team, min(e.occurred_at) AS clicked_at
            FROM events_event e
            WHERE e.query_id = q.id::text AND e.type = 'click' AND e.id >= %(oldest)s
              AND e.product_id IS NOT NULL
            GROUP BY e.product_id
        ) first
        WHERE first.team IN (%(control)s, %(treatment)s)
    ) moments
    GROUP BY day
) each
"""

# Days are written anew by every run, so whoever was forced, or no longer is, counts at once.
_DAYS = """
WITH answers AS (
    SELECT i.*, i.answered_at AS occurred_at FROM experiments_interleavedanswer i
    WHERE i.experiment_id = %(experiment)s AND i.day <= %(until)s
      AND NOT EXISTS (
        SELECT FROM experiments_forcedunit f
        WHERE f.experiment_id = %(experiment)s
          AND f.unit IN (i.user_id, i.client_id, i.session_id, i.query_id::text)
      )
), owned AS (
    SELECT a.phase, a.day, {unit} AS unit, a.control, a.treatment
    FROM (SELECT * FROM answers WHERE control + treatment > 0) a
    {join}
), daily AS (
    SELECT phase, unit, day, sum(control) AS control, sum(treatment) AS treatment
    FROM owned WHERE unit IS NOT NULL GROUP BY phase, unit, day
), running AS (
    SELECT phase, unit, day,
        sign(sum(treatment - control) OVER so_far) AS lead,
        row_number() OVER so_far AS place
    FROM daily WINDOW so_far AS (PARTITION BY phase, unit ORDER BY day)
), moved AS (
    SELECT phase, day, lead,
        CASE WHEN place > 1 THEN lag(lead) OVER (PARTITION BY phase, unit ORDER BY day) END
            AS before
    FROM running
), changes AS (
    SELECT phase, day,
        count(*) FILTER (WHERE before IS NULL) AS units,
        count(*) FILTER (WHERE lead < 0) - count(*) FILTER (WHERE before < 0) AS control,
        count(*) FILTER (WHERE lead > 0) - count(*) FILTER (WHERE before > 0) AS treatment,
        count(*) FILTER (WHERE lead = 0) - count(*) FILTER (WHERE before = 0) AS ties
    FROM moved GROUP BY phase, day
), counted AS (
    SELECT phase, day, sum(control) AS control_clicks, sum(treatment) AS treatment_clicks,
        sum(impressions) AS impressions
    FROM answers GROUP BY phase, day
), days AS (
    SELECT phase, generate_series(min(day), max(day), interval '1 day')::date AS day
    FROM counted GROUP BY phase
)
SELECT days.phase, days.day,
    coalesce(sum(c.units) OVER up_to, 0)::bigint,
    coalesce(sum(c.control) OVER up_to, 0)::bigint,
    coalesce(sum(c.treatment) OVER up_to, 0)::bigint,
    coalesce(sum(c.ties) OVER up_to, 0)::bigint,
    coalesce(sum(n.control_clicks) OVER up_to, 0)::bigint,
    coalesce(sum(n.treatment_clicks) OVER up_to, 0)::bigint,
    coalesce(sum(n.impressions) OVER up_to, 0)::bigint
FROM days
LEFT JOIN changes c USING (phase, day)
LEFT JOIN counted n USING (phase, day)
WINDOW up_to AS (PARTITION BY days.phase ORDER BY days.day)
ORDER BY 1, 2
"""

_UNITS = {
    UnitType.USER: unit_expression("a"),
    UnitType.CLIENT: unit_expression("a"),
    UnitType.SESSION: "'s:' || a.session_id",
    UnitType.REQUEST: "'q:' || a.query_id::text",
}


@transaction.atomic
def interleaving_rollup(
    *, key: str, as_of: datetime | None = None, full: bool = False
) -> InterleavingReport:
    """Bring the credit of an interleaving experiment up to a moment.

    Does nothing for experiments of another kind. Units are those of the analysis: of an
    experiment on users or clients the identity rule's, else sessions or answers.

    Args:
        key: of the experiment.
        as_of: clicks of later days are not added up; defaults to now.
        full: count every answer anew instead of those with something new.

    Raises:
        NotFound: no such experiment.
    """
    view = experiment_view(key)
    if view.design.kind is not ExperimentKind.INTERLEAVING or view.started_at is None:
        return InterleavingReport(0, 0)
    # One run of an experiment at a time.
    Experiment.objects.select_for_update().only("id").get(pk=view.id)
    state, _ = InterleavingState.objects.get_or_create(experiment_id=view.id)
    identities_refresh()
    # Before the rows are read: what commits meanwhile is read again the next time.
    horizon = transaction_horizon()
    # Transactions numbered lower than those read before: the database was restored elsewhere.
    anew = full or state.horizon > horizon
    answers = _answers_count(view, 0 if anew else state.horizon)
    InterleavingState.objects.filter(pk=view.id).update(horizon=horizon)
    return InterleavingReport(answers, _days_write(view, as_of or timezone.now()))


def _answers_count(view: ExperimentView, horizon: int) -> int:
    """Count the answers anew that something new is known of."""
    control, treatment = view.design.variant_keys
    asked: dict[str, str | int | UUID] = {
        "experiment": view.id,
        "key": view.key,
        "mark": _mark(view.key),
        "horizon": horizon,
        "oldest": uuid7_floor((view.started_at or view.created_at) - _SLACK),
        "control": control,
        "treatment": treatment,
    }
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS interleaving_dirty")
        cursor.execute(_DIRTY, asked)
        cursor.execute("SELECT count(*) FROM interleaving_dirty")
        (dirty,) = cursor.fetchone()
        if dirty:
            cursor.execute(_FORGET, asked)
            cursor.execute(_COUNT, asked)
    return int(dirty)


def _mark(key: str) -> str:
    return json.dumps([{"key": key, "variant": "interleaved"}])


def _days_write(view: ExperimentView, as_of: datetime) -> int:
    """Add the answers up by unit and day, and write the days anew."""
    control, treatment = view.design.variant_keys
    statement = _DAYS.format(unit=_UNITS[view.design.unit], join=identity_join("a"))
    with connection.cursor() as cursor:
        cursor.execute(statement, {"experiment": view.id, "until": as_of.date()})
        found = cursor.fetchall()
    rows = [
        RollupInterleaving(
            experiment_id=view.id,
            phase=phase,
            day=day,
            units=units,
            wins={control: losses, treatment: wins},
            ties=ties,
            credits={control: ours, treatment: theirs},
            impressions=impressions,
        )
        for phase, day, units, losses, wins, ties, ours, theirs, impressions in found
    ]
    RollupInterleaving.objects.filter(experiment_id=view.id).delete()
    RollupInterleaving.objects.bulk_create(rows)
    return len(rows)
