"""One writer of an artifact at a time: publishing, activating, pruning."""

from django.db import connection


def artifact_lock(name: str) -> None:
    """Hold every other writer of `name` until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"art:{name}"])
