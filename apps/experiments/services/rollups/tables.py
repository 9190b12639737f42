"""Writing computed rows beside the stored ones: only what differs is written."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

_NEW = "rollup_new_{0}"


@dataclass(frozen=True, slots=True)
class Target:
    """A table of an experiment's rows: its unique key (beside the experiment) and values."""

    table: str
    key: tuple[str, ...]
    values: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Key, then values."""
        return (*self.key, *self.values)


def rows_merge(target: Target, experiment_id: int, rows: Iterable[tuple[object, ...]]) -> int:
    """Make the experiment's rows these rows; how many had to be written or removed.

    Args:
        target: the table.
        experiment_id: whose rows.
        rows: cells in the order of `target.columns`.
    """
    new = _NEW.format(target.table)
    columns = ", ".join(f'"{name}"' for name in target.columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {new} ON COMMIT DELETE ROWS AS"
            f" SELECT {columns} FROM {target.table} WITH NO DATA"
        )
        cursor.execute(f"TRUNCATE {new}")
        with cursor.copy(f"COPY {new} ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(f"ANALYZE {new}")
        cursor.execute(_forget_sql(target, new), [experiment_id])
        gone = int(cursor.rowcount)
        cursor.execute(_write_sql(target, new, columns), [experiment_id])
        return gone + int(cursor.rowcount)


def _forget_sql(target: Target, new: str) -> str:
    same = " AND ".join(f'n."{name}" = t."{name}"' for name in target.key)
    return (
        f"DELETE FROM {target.table} t WHERE t.experiment_id = %s"
        f" AND NOT EXISTS (SELECT FROM {new} n WHERE {same})"
    )


def _write_sql(target: Target, new: str, columns: str) -> str:
    key = ", ".join(f'"{name}"' for name in ("experiment_id", *target.key))
    values = ", ".join(f'"{name}"' for name in target.values)
    given = ", ".join(f'excluded."{name}"' for name in target.values)
    stored = ", ".join(f't."{name}"' for name in target.values)
    return (
        f"INSERT INTO {target.table} AS t (experiment_id, {columns})"
        f" SELECT %s, {columns} FROM {new}"
        f" ON CONFLICT ({key}) DO UPDATE SET ({values}) = ROW({given})"
        f" WHERE ({stored}) IS DISTINCT FROM ({given})"
    )
