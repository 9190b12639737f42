"""After a dump was restored into another cluster: bring change stamps back below its clock."""

from django.db import connection, transaction

from apps.common.stamps import stamp_move

# The trigger of catalog_product writes the present transaction's id over any update.
_PRODUCTS = """
    UPDATE catalog_product SET product_id = product_id
    WHERE changed_xid > pg_current_xact_id()::text::bigint
"""
_TOMBSTONES = """
    UPDATE catalog_tombstone SET changed_xid = pg_current_xact_id()::text::bigint
    WHERE changed_xid > pg_current_xact_id()::text::bigint
"""


@transaction.atomic
def catalog_restamp() -> int:
    """Stamp anew what lies ahead of this cluster's transaction ids; answers how many rows."""
    with connection.cursor() as cursor:
        cursor.execute(_TOMBSTONES)
        tombstones = cursor.rowcount
        cursor.execute(_PRODUCTS)
        stamp_move()
        return int(tombstones + cursor.rowcount)
