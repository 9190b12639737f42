"""One experiment's roll-up: identities, changed units, day rows; one transaction, repeatable."""

import time
from datetime import datetime

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from apps.common.domain.uuid7 import uuid7_floor
from apps.events.domain.identity_sql import EVENT_TABLE
from apps.events.selectors import transaction_horizon
from apps.events.services.identity import identities_refresh
from apps.experiments.contracts.metrics import MetricKind
from apps.experiments.contracts.rollups import RollupReport
from apps.experiments.domain.rollups.changed import Since
from apps.experiments.domain.rollups.exposed import phase_sql, unknown_sql
from apps.experiments.domain.rollups.frame import SEEN, UNIT_TABLE, WORK, moment
from apps.experiments.domain.rollups.quoting import text_literal
from apps.experiments.models import RollupState
from apps.experiments.selectors.experiments import experiment_view
from apps.experiments.selectors.rollup_subject import Subject, plan_fingerprint, subject_of
from apps.experiments.services.rollups.gauges import gauges_set
from apps.experiments.services.rollups.mismatches import mismatches_write
from apps.experiments.services.rollups.rows import rows_refresh
from apps.experiments.services.rollups.units import units_refresh

logger = structlog.get_logger(__name__)

_LOCK = 0x726F_6C6C  # "roll": one run an experiment at a time


def experiment_rollup(*, key: str, as_of: datetime, full: bool = False) -> RollupReport:
    """Bring an experiment's roll-up up to a moment.

    Only units that something new is about are computed again; running it twice changes
    nothing. Everything is computed again when asked, at the first run, when `as_of` goes back,
    when what is totalled changed (metrics, dimensions, forced units, a phase's past), when a
    crash of the database emptied the unlogged unit table, and when transactions are numbered
    lower than those read before (a database restored elsewhere counts anew).

    Args:
        key: of the experiment.
        as_of: windows end here; aware.
        full: compute everything again.

    Raises:
        NotFound: there is no such experiment.
    """
    started = time.monotonic()
    identities_refresh()
    with transaction.atomic():
        subject = subject_of(experiment_view(key), as_of)
        state = _locked_state(subject)
        horizon = transaction_horizon()
        since = None if full else _since(subject, state, horizon)
        changed, frame = units_refresh(subject, since)
        if changed:
            mismatches_write(subject, frame)
        written = 0
        if changed or since is None or _time_matters(subject, state):
            rows, written = rows_refresh(subject)
            gauges_set(subject, rows.rollups)
        _state_write(subject, state, horizon, since, time.monotonic() - started)
    report = RollupReport(
        key=key, as_of=as_of, full=since is None, changed=changed, units=state.units,
        rows=written, seconds=round(time.monotonic() - started, 3),
    )  # fmt: skip
    logger.info(
        "experiment_rolled_up", experiment=key, full=report.full, changed=changed,
        units=report.units, rows=written, seconds=report.seconds,
    )  # fmt: skip
    return report


def _locked_state(subject: Subject) -> RollupState:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, subject.view.id])
        cursor.execute(
            # Compiling hundreds of small expressions costs more than evaluating them.
            "SELECT set_config('work_mem', %s, true), set_config('jit', 'off', true),"
            " set_config('statement_timeout', '0', true)",
            [settings.EXPERIMENT_ROLLUP_WORK_MEM],
        )
    state, _ = RollupState.objects.get_or_create(pk=subject.view.id)
    return state


def _since(subject: Subject, state: RollupState, horizon: int) -> Since | None:
    """Where to go on from; None starts afresh."""
    if state.as_of is None or subject.frame.as_of < state.as_of:
        return None
    if state.horizon > horizon:
        logger.warning("experiment_transactions_restarted", experiment=subject.view.key)
        return None
    if state.plan != plan_fingerprint(subject, state.as_of):
        return None
    later = any(phase.starts_at >= state.as_of for phase in subject.phases)
    if state.unknown and later:
        # Exposures that named a phase before it was known may be of one that is known now.
        return None
    if state.units and not _units_exist(subject):
        logger.warning("experiment_units_lost", experiment=subject.view.key)
        return None
    return Since(state.horizon, state.as_of)


def _units_exist(subject: Subject) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT EXISTS (SELECT FROM {UNIT_TABLE} WHERE experiment_id = %s)",
            [subject.view.id],
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def _time_matters(subject: Subject, state: RollupState) -> bool:
    """Whether rows change though no unit did: another day, or retention whose days are over."""
    before = state.as_of
    if before is None or before.date() != subject.frame.as_of.date():
        return True
    return any(one.definition.kind is MetricKind.RETENTION for one in subject.plan.metrics)


def _state_write(
    subject: Subject, state: RollupState, horizon: int, since: Since | None, seconds: float
) -> None:
    as_of = subject.frame.as_of
    state.horizon, state.as_of = horizon, as_of
    state.plan = plan_fingerprint(subject, as_of)
    state.ran_at = timezone.now()
    state.seconds = seconds
    if since is None:
        state.full_at = state.ran_at
        state.last_exposure_at = None
    _counts_read(subject, state)
    state.unknown = _unknown(subject, state.unknown, since)
    state.save()


def _counts_read(subject: Subject, state: RollupState) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE multiple), coalesce(sum(merged), 0),"
            f" coalesce(sum(mismatched), 0) FROM {UNIT_TABLE} WHERE experiment_id = %s",
            [subject.view.id],
        )
        counts = cursor.fetchone()
        cursor.execute(
            f"SELECT (SELECT max(last_at) FROM {WORK}), (SELECT occurred_at FROM {EVENT_TABLE}"
            " WHERE id < %s AND type <> 'exposure' ORDER BY id DESC LIMIT 1)",
            [uuid7_floor(subject.frame.as_of)],
        )
        newest = cursor.fetchone()
    if counts is None or newest is None:
        raise AssertionError("a SELECT without FROM answers a row")
    state.units, state.multiple, state.merged, state.mismatched = counts
    known = [at for at in (state.last_exposure_at, newest[0]) if at is not None]
    state.last_exposure_at = max(known, default=None)
    state.last_event_at = newest[1]


def _unknown(subject: Subject, before: int, since: Since | None) -> int:
    """Exposures of phases or variants that do not exist; counted again when there are new ones."""
    frame = subject.frame
    if since is None:
        # A full run has them all before it.
        return _count(f"{SEEN} e WHERE {unknown_sql(subject.variants, 'e', 'e.phase')}")
    where = (
        f"e.type = 'exposure' AND e.experiment = {text_literal(frame.key)}"
        f" AND e.occurred_at < {moment(frame.as_of)}"
        f" AND {unknown_sql(subject.variants, 'e', phase_sql(subject.phases))}"
    )
    new = f"e.stored_xid >= {since.horizon} OR e.occurred_at >= {moment(since.as_of)}"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT FROM {EVENT_TABLE} e WHERE ({new}) AND {where})")
        row = cursor.fetchone()
    return _count(f"{EVENT_TABLE} e WHERE {where}") if row and row[0] else before


def _count(rows: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {rows}")
        row = cursor.fetchone()
    return int(row[0]) if row else 0
