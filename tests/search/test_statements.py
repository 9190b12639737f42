"""The hot statements: the answer, the work done meanwhile, and what goes wrong."""

import time
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.db import DataError, OperationalError, connection
from django.test.utils import CaptureQueriesContext

from apps.search.selectors import statements
from apps.search.selectors.statements import (
    _deadline_s,
    prepared_fetch,
    prepared_rows,
    row_fetch,
    rows_fetch,
)

SQL = "SELECT int4send(%(number)s), %(text)s::text, NULL::bytea"
PARAMETERS = {"number": 7, "text": "schön"}
ROW = (b"\x00\x00\x00\x07", "schön".encode(), None)


@pytest.fixture(params=["autocommit", "transaction", "debug"])
def _way(request: pytest.FixtureRequest) -> Iterator[None]:
    request.getfixturevalue("transactional_db" if request.param == "autocommit" else "db")
    connection.force_debug_cursor = request.param == "debug"
    yield
    connection.force_debug_cursor = False


@pytest.mark.usefixtures("_way")
def test_answers_bytes_and_works_meanwhile() -> None:
    done: list[str] = []
    assert row_fetch(SQL, PARAMETERS, lambda: done.append("scan")) == ROW
    assert done == ["scan"]
    assert rows_fetch("SELECT * FROM generate_series(1, %s)", [3]) == [(1,), (2,), (3,)]


@pytest.mark.django_db(transaction=True)
def test_a_failure_meanwhile_leaves_no_answer_behind() -> None:
    def fail() -> None:
        raise ValueError("scan")

    with pytest.raises(ValueError, match="scan"):
        row_fetch(SQL, PARAMETERS, fail)
    assert row_fetch(SQL, {**PARAMETERS, "number": 8})[0] == b"\x00\x00\x00\x08"


@pytest.mark.django_db(transaction=True)
def test_what_postgresql_refuses_is_djangos_error() -> None:
    with pytest.raises(DataError):
        row_fetch("SELECT int4send(1 / %(number)s)", {"number": 0})
    with pytest.raises(DataError):
        rows_fetch("SELECT 1 / %s", [0])
    assert row_fetch(SQL, PARAMETERS) == ROW


@pytest.mark.django_db
def test_who_looks_at_statements_sees_them() -> None:
    with CaptureQueriesContext(connection) as seen:
        row_fetch(SQL, PARAMETERS)
        rows_fetch("SELECT %s", ["x"])
    assert len(seen) == 2


@pytest.mark.django_db(transaction=True)
def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.search.selectors.statements._deadline_s", lambda: 0.2)
    began = time.monotonic()
    with pytest.raises(OperationalError, match="timeout"):
        row_fetch("SELECT pg_sleep(%(number)s)::text", {"number": 3})
    assert time.monotonic() - began < 2.0
    assert connection.connection.closed
    connection.close()
    monkeypatch.undo()
    assert row_fetch(SQL, PARAMETERS) == ROW


@pytest.mark.parametrize(("options", "seconds"), [("0", 6.0), ("2500", 3.5)])
def test_patience_follows_postgresqls_own(
    options: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {"options": f"-c statement_timeout={options}"}
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", own)
    assert _deadline_s() == seconds


PREPARED = "SELECT int4send(%s), int8send(%s)"


@pytest.mark.usefixtures("_way")
def test_what_every_request_sends_is_prepared_where_it_can_be() -> None:
    for first in (7, 8):
        assert prepared_fetch(PREPARED, [first, 1]) == (
            first.to_bytes(4, "big"),
            b"\x00" * 7 + b"\x01",
        )


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_forgot_it_ends_preparing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements._prepared, "possible", True)
    prepared_fetch(PREPARED, [7, 1])
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert prepared_fetch(PREPARED, [7, 1])[0] == b"\x00\x00\x00\x07"
    assert not statements._prepared.possible
    assert prepared_fetch(PREPARED, [7, 1])[0] == b"\x00\x00\x00\x07"


@pytest.mark.django_db(transaction=True)
def test_a_new_connection_is_told_again() -> None:
    prepared_fetch(PREPARED, [7, 1])
    connection.close()
    assert prepared_fetch(PREPARED, [7, 1])[0] == b"\x00\x00\x00\x07"
    assert statements._prepared.possible


@pytest.mark.django_db(transaction=True)
def test_a_refused_prepared_statement_is_djangos_error() -> None:
    with pytest.raises(DataError):
        prepared_fetch("SELECT int4send(1 / %s)", [0])
    assert prepared_fetch(PREPARED, [7, 1])[0] == b"\x00\x00\x00\x07"


ROWS = "SELECT number, 1.50::numeric, true, NULL::text FROM unnest(%s::int4[]) AS of(number)"


def _same(row: tuple[object, ...]) -> tuple[object, ...]:
    return row


@pytest.mark.usefixtures("_way")
def test_rows_of_a_prepared_statement_are_read_as_any_other() -> None:
    for _ in range(2):
        assert prepared_rows(ROWS, "{3,4}", _same) == rows_fetch(ROWS, ["{3,4}"])
    assert prepared_rows(ROWS, "{3}", _same) == [(3, Decimal("1.50"), True, None)]
    assert prepared_rows(ROWS, "{}", _same) == []
    many = "{" + ",".join(map(str, range(50))) + "}"
    assert prepared_rows(ROWS, many, lambda row: -row[0]) == [-each for each in range(50)]


@pytest.mark.django_db(transaction=True)
def test_rows_are_read_where_preparing_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements._prepared, "possible", True)
    prepared_rows(ROWS, "{3}", _same)
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert [row[0] for row in prepared_rows(ROWS, "{3,4}", _same)] == [3, 4]
    assert not statements._prepared.possible
    with pytest.raises(DataError):
        prepared_rows(ROWS, "{x}", _same)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("wrong", [0, 40])
def test_a_row_that_nothing_can_be_made_of_leaves_no_answer_behind(wrong: int) -> None:
    def made(row: tuple[int, ...]) -> int:
        if row[0] == wrong:
            raise ValueError("made")
        return row[0]

    many = "{" + ",".join(map(str, range(50))) + "}"
    with pytest.raises(ValueError, match="made"):
        prepared_rows(ROWS, many, made)
    assert prepared_rows(ROWS, "{7}", made) == [7]


@pytest.mark.django_db(transaction=True)
def test_what_is_refused_after_some_rows_is_djangos_error() -> None:
    sql = "SELECT 1 / (30 - number) FROM unnest(%s::int4[]) AS of(number)"
    many = "{" + ",".join(map(str, range(31))) + "}"
    for _ in range(2):
        with pytest.raises(DataError):
            prepared_rows(sql, many, _same)
    assert prepared_rows(sql, "{29}", _same) == [(1,)]
