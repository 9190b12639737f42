"""What counts of a product on a day, as SQL text: the rule of histories, training and features."""


def judged_days(taken: str, *owner: str) -> str:
    """Two CTEs, `days` and `judged`: a day (UTC) counts once, by the strongest done on it.

    What was wholly given back is nothing, unless something was done with the product afterwards.
    `judged` has the owner, `product_id`, `day`, `weight`, `at` (the newest interaction; NULL:
    there was none), `bought_at` and `given_back`. Parameters: `types` and their `weights`, 0 of
    a refund.

    Args:
        taken: a relation with the owner's columns, `product_id`, `type`, `occurred_at` and
            `quantity`; of refunds to judge, with all purchases of the product.
        owner: columns that tell one shopper from another; none: all of it is one shopper's.
    """
    whose = "".join(f"{column}, " for column in owner)
    return f"""
    days AS (
        SELECT {whose}product_id, floor(extract(epoch FROM occurred_at) / 86400)::int AS day,
            max(weight) AS weight, max(occurred_at) FILTER (WHERE weight > 0) AS at,
            max(occurred_at) FILTER (WHERE type = 'purchase') AS bought_at,
            sum(coalesce(quantity, 1)) FILTER (WHERE type = 'purchase') AS bought,
            sum(coalesce(quantity, 1)) FILTER (WHERE type = 'refund') AS returned,
            max(occurred_at) FILTER (WHERE type = 'refund') AS returned_at
        FROM {taken} JOIN unnest(%(types)s::text[], %(weights)s::float8[]) AS w (kind, weight)
            ON type = kind
        GROUP BY {whose}product_id, day
    ), judged AS (
        SELECT *, coalesce(sum(bought) OVER product > 0
            AND sum(returned) OVER product >= sum(bought) OVER product
            AND max(returned_at) OVER product >= max(at) OVER product, false) AS given_back
        FROM days WINDOW product AS (PARTITION BY {whose}product_id)
    )"""
