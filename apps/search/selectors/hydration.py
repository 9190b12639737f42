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
    columns, categories = snapshot.columns, snapshot.tree.categories
    pks, codes = columns.pks[rows].tolist(), columns.category[rows].tolist()
    places = {
        pk: (row, categories[code].path if code >= 0 else "")
        for pk, row, code in zip(pks, rows.tolist(), codes, strict=True)
    }

    def made(found: tuple[Any, ...]) -> tuple[int, ProductDocument]:
        row, path = places[found[0]]
        return row, _document(path, found)

    # As a literal: psycopg would look at the type of each key.
    return dict(prepared_rows(_PAGE, "{" + ",".join(map(str, pks)) + "}", made))


def _document(category_path: str, found: tuple[Any, ...]) -> ProductDocument:
    released: str | None = found[13]
    return ProductDocument(
        product_id=found[1],
        title=found[2],
        description=found[3],
        brand=found[4],
        category_path=category_path,
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
