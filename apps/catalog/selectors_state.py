"""Which state of the catalogue somebody has in memory: one name for it in every process."""

from django.db import connection

from apps.catalog.contracts import ProductColumns
from apps.catalog.models import Product
from apps.catalog.selectors import staleness_sql

_LATEST = """
    greatest(
        (SELECT max(changed_xid) FROM catalog_product),
        (SELECT max(changed_xid) FROM catalog_tombstone),
        0
    )
"""
_NOTHING_SINCE = "0:0"


_LATEST_STATEMENT = f"SELECT ({_LATEST})::text"
_FINGERPRINT_STATEMENT = f"SELECT {staleness_sql()}".replace("%(horizon)s", "%s")
_TAKES = _FINGERPRINT_STATEMENT.count("%s")


def look_statement(columns: ProductColumns) -> tuple[str, list[int]]:
    """A statement that tells whether `columns` are stale, and its parameters.

    Where nothing was written at or past their horizon, the greatest transaction that wrote any
    product tells: two looks at an index's end, and no parameter, so that PostgreSQL plans it
    once a connection. With one it would plan anew each time, which takes longer than the look.
    """
    if columns.fingerprint == _NOTHING_SINCE:
        return _LATEST_STATEMENT, []
    return _FINGERPRINT_STATEMENT, [columns.horizon] * _TAKES


def look_says_fresh(columns: ProductColumns, answer: bytes | None) -> bool:
    """Whether what `look_statement` was answered means that nothing was written since."""
    told = (answer or b"").decode()
    if columns.fingerprint == _NOTHING_SINCE:
        return told != "" and int(told) < columns.horizon
    return told == columns.fingerprint


class _Known:
    """The last columns that were named: horizon, fingerprint, name."""

    last: tuple[int, str, str] = (0, "", "")


def catalogue_state(columns: ProductColumns) -> str:
    """The name of `catalogue_state_read`, asked for once a state of the columns.

    Raises:
        DatabaseError: PostgreSQL did not answer.
    """
    name = catalogue_state_known(columns)
    if not name:
        name = catalogue_state_read(columns)
        _Known.last = (columns.horizon, columns.fingerprint, name)
    return name


def catalogue_state_known(columns: ProductColumns) -> str:
    """The same without a statement; empty: it has not been asked for."""
    horizon, fingerprint, name = _Known.last
    return name if (horizon, fingerprint) == (columns.horizon, columns.fingerprint) else ""


def product_state(product_id: str) -> str | None:
    """A name for one product as it is now; None for one that is not there."""
    found = Product.objects.filter(product_id=product_id).values_list("pk", "changed_xid").first()
    return None if found is None else f"{found[0]}:{found[1]}"


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
