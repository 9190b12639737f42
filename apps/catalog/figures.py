"""Counts for people: the tree page and `catalog_stats`."""

from django.db import connection


def category_product_counts() -> dict[int, int]:
    """Active products directly in each category, by its database id."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT category_id, count(*) FROM catalog_product"
            " WHERE active AND category_id IS NOT NULL GROUP BY 1"
        )
        return dict(cursor.fetchall())


_FIGURES = """
    SELECT count(*) AS products, count(*) FILTER (WHERE active) AS active,
        count(*) FILTER (WHERE category_id IS NOT NULL) AS with_a_category,
        (SELECT count(*) FROM catalog_category) AS categories,
        count(DISTINCT nullif(brand, '')) AS brands,
        count(DISTINCT nullif(item_group_id, '')) AS variant_groups,
        count(*) FILTER (WHERE sale_price IS NOT NULL) AS with_a_sale_price,
        count(*) FILTER (WHERE availability = 'in_stock') AS in_stock,
        (SELECT count(DISTINCT key) FROM catalog_product, jsonb_object_keys(attributes) AS key)
            AS attribute_keys
    FROM catalog_product
"""


def catalog_figures() -> dict[str, int]:
    """How much the catalogue holds, by name."""
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES)
        names = [column.name for column in cursor.description or ()]
        return dict(zip(names, cursor.fetchone() or (), strict=True))
