"""The price of a sale in SQL, as `columns_repriced` has it in memory."""

_NOW = """CASE
    WHEN statement_timestamp() >= coalesce({p}sale_starts_at, '-infinity')
        AND statement_timestamp() < coalesce({p}sale_ends_at, 'infinity')
    THEN {p}sale_price END"""


def sale_price_now_sql(prefix: str = "") -> str:
    """An expression: a product's sale price, NULL before it starts and once it ended.

    Args:
        prefix: of the product's columns, with its dot; empty for none.
    """
    return _NOW.format(p=prefix)
