"""Statements of the store that answer too much to be held at once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db import connection, transaction

BATCH = 20_000


def rows_streamed(statement: str, parameters: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
    """A statement's rows by a server-side cursor, `BATCH` of them in memory at a time."""
    with transaction.atomic():
        # psycopg's own named cursor: Django has one only behind the ORM.
        with connection.cursor():
            pass
        with connection.connection.cursor(name="features_stream") as cursor:
            cursor.itersize = BATCH
            cursor.execute(statement, parameters)
            yield from cursor
