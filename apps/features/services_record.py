"""Writing the offline store: a run with all its values, or nothing; and what is kept of it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import numpy as np
from django.conf import settings
from django.db import connection, transaction

from apps.common.services import version_bump
from apps.features.contracts_store import Computed, StoredRun
from apps.features.models import FeatureRun
from apps.features.selectors_state import STORE_VERSION, run_of

_COPY = "COPY features_featurevalue (run_id, entity, part, value) FROM STDIN"
_DROP = "DELETE FROM features_featurevalue WHERE run_id = ANY (%s)"
# Never the latest of a feature: it is what is served.
_PAST = """
    SELECT id FROM (
        SELECT id, greatest(as_of, computed_at) AS until,
               row_number() OVER (PARTITION BY key ORDER BY as_of DESC) AS age
        FROM features_featurerun
    ) AS aged
    WHERE age > 1 AND until < %s
"""


def run_record(*, key: str, as_of: datetime, pieces: Iterable[Computed]) -> StoredRun:
    """Store what was computed, in place of that day's earlier run.

    Of each UTC day the latest run is kept: values of today are replaced until it ends.

    Args:
        key: `name@version`.
        as_of: aware; where the windows ended.
        pieces: values, streamed; nan is left out.
    """
    with transaction.atomic():
        same = FeatureRun.objects.filter(key=key, as_of=as_of)
        runs_drop(list(same.values_list("id", flat=True)))
        run = FeatureRun.objects.create(key=key, as_of=as_of)
        for piece in pieces:
            run.rows += _copied(run.id, piece)
            run.constants = {**run.constants, **piece.constants}
        run.save(update_fields=["rows", "constants"])
        day = as_of.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        same = FeatureRun.objects.filter(
            key=key, as_of__gte=day, as_of__lt=day + timedelta(days=1)
        )
        runs_drop(list(same.order_by("-as_of").values_list("id", flat=True)[1:]))
        version_bump(STORE_VERSION)
    return run_of(run)


def runs_of_day(key: str, moment: datetime) -> list[int]:
    """A feature's runs of a moment's UTC day, the latest first."""
    day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    same = FeatureRun.objects.filter(key=key, as_of__gte=day, as_of__lt=day + timedelta(days=1))
    return list(same.order_by("-as_of").values_list("id", flat=True))


def _copied(run_id: int, piece: Computed) -> int:
    """How many values were written; COPY, whatever their number."""
    parts = piece.parts or [""] * len(piece.entities)
    values = np.asarray(piece.values, dtype=np.float32)
    kept = np.flatnonzero(np.isfinite(values)).tolist()
    numbers = values.tolist()
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for at in kept:
            copy.write_row((run_id, piece.entities[at], parts[at], numbers[at]))
    return len(kept)


def runs_drop(run_ids: list[int]) -> int:
    """Delete runs with their values; how many."""
    if not run_ids:
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_DROP, [run_ids])
        FeatureRun.objects.filter(id__in=run_ids).delete()
    return len(run_ids)


def runs_prune(*, now: datetime) -> int:
    """Delete runs that were computed, and are of, longer ago than FEATURES_KEEP_DAYS."""
    before = now - timedelta(days=settings.FEATURES_KEEP_DAYS)
    with connection.cursor() as cursor:
        cursor.execute(_PAST, [before])
        past = [run_id for (run_id,) in cursor.fetchall()]
    return runs_drop(past)
