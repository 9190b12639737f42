"""The two statements of a search, without what a general cursor adds to each.

Django's cursor opens, wraps and configures one object a statement: about a tenth of a
search's own overhead. The keyword statement goes further: it is sent, then this process scans
the vectors while PostgreSQL works, and only then waits. Binary results bring arrays of bytes
as they are instead of in hexadecimal.

Whoever looks at statements (query counts in tests, `DEBUG`, execute wrappers) still sees
each of them: then they go by Django's own cursor.
"""

import hashlib
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import count
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import psycopg
import psycopg.abc
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django_prometheus.db import (  # type: ignore[import-untyped]  # ships no types
    errors_total,
    execute_total,
    query_duration_seconds,
)
from psycopg import generators, pq

from apps.search.selectors.arriving import Arriving

T = TypeVar("T")
Row = tuple[bytes | None, ...]
# PostgreSQL sends as often as it has 8 kB, which is about as many products.
_AT_ONCE = 6
_LABELS = {"alias": DEFAULT_DB_ALIAS, "vendor": "postgresql"}
_STATEMENT_TIMEOUT = re.compile(r"statement_timeout=(\d+)")
_PATIENCE_S = 5.0
_execute_total = execute_total.labels(**_LABELS)
_duration_seconds = query_duration_seconds.labels(**_LABELS)


def row_fetch(
    sql: str,
    parameters: Mapping[str, Any] | Sequence[Any],
    meanwhile: Callable[[], object] = lambda: None,
) -> Row:
    """The statement's one row, each column bytea or text, as bytes.

    Args:
        sql: with placeholders.
        parameters: their values.
        meanwhile: work that needs no database; it is done while PostgreSQL answers.

    Raises:
        OperationalError: PostgreSQL did not answer.
        DatabaseError: it refused.
    """
    database = connections[DEFAULT_DB_ALIAS]
    raw = _plain_connection(database)
    if raw is None:
        meanwhile()
        with database.cursor() as cursor:
            cursor.execute(sql, parameters)
            return tuple(_as_bytes(value) for value in cursor.fetchone() or ())
    with database.wrap_database_errors:
        text = psycopg.ClientCursor(raw).mogrify(sql, parameters)
        with _counted():
            result = _exchange(raw, text.encode(), meanwhile)
    return tuple(result.get_value(0, column) for column in range(result.nfields))


def rows_fetch(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """All rows of a statement, as psycopg reads them.

    Raises:
        OperationalError: PostgreSQL did not answer.
        DatabaseError: it refused.
    """
    database = connections[DEFAULT_DB_ALIAS]
    raw = _plain_connection(database)
    if raw is None:
        with database.cursor() as cursor:
            cursor.execute(sql, parameters)
            return list(cursor.fetchall())
    with database.wrap_database_errors, _counted():
        found = psycopg.ClientCursor(raw)
        found.execute(sql, parameters)
        return found.fetchall()


def prepared_fetch(
    sql: str, numbers: Sequence[int], meanwhile: Callable[[], object] = lambda: None
) -> Row:
    """The one row of a statement that every request sends: PostgreSQL plans it once a connection.

    Args:
        sql: with one `%s` for each number.
        numbers: its parameters.
        meanwhile: work that needs no database; it is done while PostgreSQL answers.

    Raises:
        OperationalError: PostgreSQL did not answer.
        DatabaseError: it refused.
    """
    database = connections[DEFAULT_DB_ALIAS]
    raw = _plain_connection(database)
    # A refusal inside a transaction would end it, and this may be refused: see `_Prepared`.
    if raw is None or not raw.autocommit or not _prepared.possible:
        return row_fetch(sql, numbers, meanwhile)
    with database.wrap_database_errors, _counted():
        name = _prepared.ensure(raw, sql)
        values = [str(each).encode() for each in numbers]
        raw.pgconn.send_query_prepared(name, values, result_format=pq.Format.BINARY)
        result = _last_result(raw, meanwhile)
        if result.status == pq.ExecStatus.TUPLES_OK:
            return tuple(result.get_value(0, column) for column in range(result.nfields))
        _prepared.refused(raw, result)
    return row_fetch(sql, numbers)


def prepared_rows(sql: str, value: str, made: Callable[[tuple[Any, ...]], T]) -> list[T]:
    """What is made of each row of a statement that every request sends, read as psycopg does.

    The first rows are made something of while PostgreSQL writes the others.

    Args:
        sql: with one `%s`.
        value: its parameter, as PostgreSQL reads it from text.
        made: makes something of a row.

    Raises:
        OperationalError: PostgreSQL did not answer.
        DatabaseError: it refused.
    """
    database = connections[DEFAULT_DB_ALIAS]
    raw = _plain_connection(database)
    if raw is None or not raw.autocommit or not _prepared.possible:
        return list(map(made, rows_fetch(sql, [value])))
    with database.wrap_database_errors, _counted():
        raw.pgconn.send_query_prepared(_prepared.ensure(raw, sql), [value.encode()])
        raw.pgconn.set_chunked_rows_mode(_AT_ONCE)
        arriving = Arriving(raw, made)
        _waited(raw, arriving.taken(), _deadline_s())
        if arriving.failure is not None:
            raise arriving.failure
        if arriving.refusal is None:
            return arriving.found
        _prepared.refused(raw, arriving.refusal)
    return list(map(made, rows_fetch(sql, [value])))


class _Prepared:
    """Which connection knows which statement; nothing is prepared where that cannot work.

    A pooler that hands each transaction to another server connection (PgBouncer before 1.21)
    knows no prepared statement of ours: the first refusal ends preparing in this process.
    """

    def __init__(self) -> None:
        self.possible = True
        self._names: dict[str, bytes] = {}
        self._known: WeakKeyDictionary[object, set[bytes]] = WeakKeyDictionary()

    def ensure(self, raw: psycopg.Connection[Any], sql: str) -> bytes:
        """The statement's name on this connection: by its text, for a pooler's are shared."""
        name = self._names.get(sql)
        if name is None:
            digest = hashlib.blake2b(sql.encode(), digest_size=10).hexdigest()
            name = self._names[sql] = f"endcap_{digest}".encode()
        known = self._known.setdefault(raw, set())
        if name not in known:
            places = (f"${number}" for number in count(1))
            raw.pgconn.prepare(name, re.sub("%s", lambda _: next(places), sql).encode())
            known.add(name)
        return name

    def refused(self, raw: psycopg.Connection[Any], result: pq.abc.PGresult) -> None:
        self._known.pop(raw, None)
        state = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()
        if state not in {"26000", "0A000"}:
            raise psycopg.errors.error_from_result(result, raw.info.encoding)
        # 0A000: the tables have another shape now; it is prepared anew.
        self.possible = state == "0A000"


_prepared = _Prepared()


def _plain_connection(database: BaseDatabaseWrapper) -> psycopg.Connection[Any] | None:
    """None where Django's own cursor has something to do or to show."""
    if database.queries_logged or database.execute_wrappers:
        return None
    database.close_if_health_check_failed()
    database.ensure_connection()
    raw: psycopg.Connection[Any] = database.connection
    # Outside of autocommit the first statement has to open the transaction.
    if not raw.autocommit:
        database.validate_no_broken_transaction()
        if raw.pgconn.transaction_status != pq.TransactionStatus.INTRANS:
            return None
    return raw


def _exchange(
    raw: psycopg.Connection[Any], statement: bytes, meanwhile: Callable[[], object]
) -> pq.abc.PGresult:
    raw.pgconn.send_query_params(statement, None, result_format=pq.Format.BINARY)
    result = _last_result(raw, meanwhile)
    if result.status != pq.ExecStatus.TUPLES_OK:
        raise psycopg.errors.error_from_result(result, raw.info.encoding)
    return result


def _last_result(raw: psycopg.Connection[Any], meanwhile: Callable[[], object]) -> pq.abc.PGresult:
    """What the statement that was sent answers, and `meanwhile` done."""
    try:
        meanwhile()
    finally:
        # Also when that failed: the next statement must not find this one's answer.
        results = _awaited(raw, _deadline_s())
    result: pq.abc.PGresult = results[-1]
    return result


def _awaited(raw: psycopg.Connection[Any], timeout_s: float) -> list[pq.abc.PGresult]:
    """The sent statement's results.

    Raises:
        OperationalError: none within the time; the connection is closed.
    """
    return _waited(raw, generators.execute(raw.pgconn), timeout_s)


def _waited(raw: psycopg.Connection[Any], exchange: psycopg.abc.PQGen[T], timeout_s: float) -> T:
    try:
        return raw.wait(exchange, timeout=timeout_s)
    except psycopg.OperationalError:
        # Its answer may still come: nobody else may read it.
        raw.close()
        raise


def _deadline_s() -> float:
    """A second after PostgreSQL itself gives up; when it never does, six."""
    return _patience_s(
        str(connections[DEFAULT_DB_ALIAS].settings_dict["OPTIONS"].get("options", ""))
    )


@lru_cache(maxsize=8)
def _patience_s(options: str) -> float:
    found = _STATEMENT_TIMEOUT.search(options)
    own_ms = int(found[1]) if found else 0
    return (own_ms / 1000.0 if own_ms > 0 else _PATIENCE_S) + 1.0


@contextmanager
def _counted() -> Iterator[None]:
    """django-prometheus's own figures, which its cursors would have counted."""
    _execute_total.inc()
    started = time.perf_counter()
    try:
        yield
    except Exception as error:
        errors_total.labels(**_LABELS, type=type(error).__name__).inc()
        raise
    finally:
        _duration_seconds.observe(time.perf_counter() - started)


def _as_bytes(value: Any) -> bytes | None:
    return value.encode() if isinstance(value, str) else value
