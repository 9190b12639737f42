"""Which state of the catalogue somebody has in memory: one name for it in every process."""

from django.db import connection

from apps.catalog.contracts import ProductColumns
from apps.catalog.selectors import staleness_sql

_LATEST = """
    greatest(
        (SELECT max(changed_xid) FROM catalog_product),
        (SELECT max(changed_xid) FROM catalog_tombstone),
        0
    )
"""
_NOTHING_SINCE = "0:0"


def staleness_statement() -> tuple[str, int]:
    """A statement that answers columns' fingerprint, and how often it takes their horizon."""
    sql = f"SELECT {staleness_sql()}".replace("%(horizon)s", "%s")
    return sql, sql.count("%s")


def catalogue_state_read(columns: ProductColumns) -> str:
    """A name for what `columns` hold, the same wherever they were loaded; empty: they are stale.

    Where nothing was written at or past their horizon, the greatest transaction that wrote any
    product names the state: all up to it are in, and none has come after. (Tombstones stay, so
    it never falls back.) Else horizon and fingerprint do, which other processes share only
    where they have the same horizon: while a long transaction holds it back, for instance.

    One statement; the answer holds for as long as the columns do.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {staleness_sql()}, {_LATEST}",
            {"horizon": columns.horizon},
        )
        fingerprint, latest = cursor.fetchone() or ("", 0)
    if fingerprint != columns.fingerprint:
        return ""
    if fingerprint == _NOTHING_SINCE:
        return f"{latest}"
    return f"{columns.horizon}:{fingerprint}"
