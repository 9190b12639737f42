"""Rows of a statement that was sent, taken while PostgreSQL still writes the others."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import psycopg
import psycopg.abc
from psycopg import generators, pq
from psycopg.adapt import Transformer

T = TypeVar("T")
_ROWS = (pq.ExecStatus.TUPLES_CHUNK, pq.ExecStatus.TUPLES_OK)


class Arriving(Generic[T]):
    """The rows of a sent statement, each made something of as soon as it is here."""

    def __init__(self, raw: psycopg.Connection[Any], made: Callable[[tuple[Any, ...]], T]) -> None:
        self._raw, self._made = raw, made
        self.found: list[T] = []
        self.refusal: pq.abc.PGresult | None = None
        self.failure: Exception | None = None

    def taken(self) -> psycopg.abc.PQGen[None]:
        """Take all there is: the next statement must not find any of it."""
        connection, reader = self._raw.pgconn, Transformer(self._raw)
        yield from generators.send(connection)
        while (result := (yield from generators.fetch(connection))) is not None:
            if result.status not in _ROWS:
                self.refusal = result
            elif self.failure is None and result.ntuples:
                self._take(reader, result)

    def _take(self, reader: psycopg.abc.Transformer, result: pq.abc.PGresult) -> None:
        try:
            reader.set_pgresult(result)
            self.found += map(self._made, reader.load_rows(0, result.ntuples, tuple))
        except Exception as failure:  # noqa: BLE001 - raised when all has been taken
            self.failure = failure
