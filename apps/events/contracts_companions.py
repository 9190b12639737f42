"""What apps above keep beside the query log: it takes the same way, and this app never reads it.

Such an app registers a table of its own in `AppConfig.ready()`. Its rows ride in the entries of
the buffer as bytes, and are stored by it in the transaction that stores the search.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CompanionTable:
    """A table beside the query log, partitioned like it: by a UUIDv7 named `id`, month by month.

    Attributes:
        name: what entries of the buffer call it.
        table: in PostgreSQL.
        retention_months: how many months are kept; 0 keeps all.
        store: inserts (id, bytes) that are new, inside the caller's transaction; how many were.
    """

    name: str
    table: str
    retention_months: Callable[[], int]
    store: Callable[[Sequence[tuple[UUID, bytes]]], int]


_tables: dict[str, CompanionTable] = {}


def companion_register(table: CompanionTable) -> None:
    """Add a table; the last of one name counts."""
    _tables[table.name] = table


def companion_tables() -> tuple[CompanionTable, ...]:
    """Every registered table."""
    return tuple(_tables.values())


def companion_table(name: str) -> CompanionTable | None:
    """The table of a name; None when nobody registered it."""
    return _tables.get(name)
