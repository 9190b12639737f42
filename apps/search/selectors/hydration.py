"""What a page shows of its products, by the leanest statement that will do.

`catalog.documents_by_pk` takes about a quarter longer: it joins the category's path, which
the serving snapshot holds already, and reads times in Python. On a search's path hydration
is most of the overhead (benchmarks/bench_search.py).
"""

from datetime import datetime
from typing import Any

from apps.catalog.contracts import IntArray, ProductDocument
from apps.catalog.domain.sale_sql import sale_price_now_sql
from apps.catalog.selectors import attributes_read
from apps.features.contracts import ServingSnapshot
from apps.search.selectors.statements import prepared_rows

_PAGE = f"""
    SELECT id, product_id, title, description, brand, price, {sale_price_now_sql()},
        currency, availability, image_link, link, attributes::text, item_group_id,
        released_at::text, active
    FROM catalog_product WHERE id = ANY(%s::int4[])
"""


def documents_of_rows(snapshot: ServingSnapshot, rows: IntArray) -> dict[int, ProductDocument]:
    """Row to document; one plain SQL. A product that is gone is left out.

    Raises:
        OperationalError: PostgreSQL did not answer.
    """
    columns = snapshot.columns
    row_of_pk = dict(zip(columns.pks[rows].tolist(), rows.tolist(), strict=True))
    # As a literal: psycopg would look at the type of each key.
    pks = "{" + ",".join(map(str, row_of_pk)) + "}"
    found = prepared_rows(_PAGE, pks)
    return {row_of_pk[each[0]]: _document(snapshot, row_of_pk[each[0]], each) for each in found}


def _document(snapshot: ServingSnapshot, row: int, found: tuple[Any, ...]) -> ProductDocument:
    code = int(snapshot.columns.category[row])
    released: str | None = found[13]
    return ProductDocument(
        product_id=found[1],
        title=found[2],
        description=found[3],
        brand=found[4],
        category_path=snapshot.tree.categories[code].path if code >= 0 else "",
        price=found[5],
        sale_price=found[6],
        currency=found[7],
        availability=found[8],
        image_link=found[9],
        link=found[10],
        attributes=attributes_read(found[11]),
        item_group_id=found[12],
        released_at=None if released is None else datetime.fromisoformat(released),
        active=found[14],
    )
