"""Keeping records: rows come with the query log, and are stored in its transaction."""

from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.db import connection

from apps.events.contracts_companions import CompanionTable

RECORDS = "ranking_record"
_INSERT = """
    INSERT INTO ranking_record (id, packed)
    SELECT * FROM unnest(%s::uuid[], %s::bytea[])
    ON CONFLICT (id) DO NOTHING
"""


def records_store(rows: Sequence[tuple[UUID, bytes]]) -> int:
    """Insert the records that are new, in one statement; how many were."""
    if not rows:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [[key for key, _ in rows], [packed for _, packed in rows]])
        return int(cursor.rowcount)


RECORD_TABLE = CompanionTable(
    name=RECORDS,
    table="ranking_record",
    retention_months=lambda: int(settings.RANKING_RECORD_RETENTION_MONTHS),
    store=records_store,
)
