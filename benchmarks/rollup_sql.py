"""Statements of `bench_rollup.py`: the traffic, and the roll-up as one writes it by hand."""

KEY = "bench-rollup"
ID = (
    "(lpad(to_hex((extract(epoch FROM t) * 1000)::bigint), 12, '0') || '7'"
    " || substr(hash, 1, 3) || '8' || substr(hash, 4, 15))::uuid"
)
# Every unit is exposed once in the first days; the rest is what visitors do, from a day before.
EXPOSURES = f"""
    INSERT INTO events_event (id, type, occurred_at, received_at, client_id, session_id,
        experiment, variant, attributes)
    SELECT {ID}, 'exposure', t, t, 'client-' || n, 'visit-' || n, '{KEY}',
        (ARRAY['control', 'treatment'])[1 + get_byte(%(arms)s, (n - %(low)s)::int)],
        '{{"phase": 1}}'
    FROM (SELECT n, md5('x' || n) AS hash,
            %(start)s::timestamptz + (n * 7919 %% 604800) * interval '1 second' AS t
          FROM generate_series(%(low)s::bigint, %(high)s::bigint) n) made
"""
# One shopper in ten logs in, on half of the events: those two histories are one unit.
EVENTS = f"""
    INSERT INTO events_event (id, type, occurred_at, received_at, client_id, user_id, session_id,
        product_id, position, value)
    SELECT {ID}, type, t, t, 'client-' || unit,
        CASE WHEN unit %% 10 = 0 AND n %% 3 = 0 THEN 'user-' || unit END, 'visit-' || unit,
        'p-' || n %% 5000, n %% 20 + 1, CASE WHEN type = 'purchase' THEN 5 + n %% 90 END
    FROM (SELECT n, md5(n::text) AS hash, 1 + n * 104729 %% %(units)s AS unit,
            (ARRAY['impression', 'impression', 'impression', 'impression', 'impression',
                   'click', 'click', 'view', 'add_to_cart', 'purchase'])[1 + n / 7 %% 10] AS type,
            %(start)s::timestamptz
                + ((n * 15485863 %% %(seconds)s) - 86400) * interval '1 second' AS t
          FROM generate_series(%(low)s::bigint, %(high)s::bigint) n) made
"""
BY_HAND = f"""
WITH owned AS (
    SELECT CASE WHEN e.user_id IS NOT NULL THEN 'u:' || e.user_id
                WHEN i.user_id IS NOT NULL THEN 'u:' || i.user_id
                ELSE 'c:' || e.client_id END AS unit,
           e.occurred_at AS t, e.type, e.value, e.experiment, e.variant
    FROM events_event e
    LEFT JOIN events_identity i ON e.user_id IS NULL AND i.client_id = e.client_id
        AND e.occurred_at >= i.starts AND e.occurred_at < i.ends
    WHERE e.occurred_at < %(as_of)s
      AND e.type IN ('impression', 'click', 'add_to_cart', 'purchase', 'refund', 'exposure')
), exposed AS (
    SELECT unit, min(t) AS first_at, min(variant) AS variant
    FROM owned WHERE type = 'exposure' AND experiment = '{KEY}'
    GROUP BY unit HAVING min(variant) = max(variant)
), daily AS (
    SELECT unit, variant, (t AT TIME ZONE 'UTC')::date AS day,
           count(*) FILTER (WHERE type = 'impression')::float8 AS shown,
           count(*) FILTER (WHERE type = 'click')::float8 AS clicks,
           count(*) FILTER (WHERE type = 'add_to_cart')::float8 AS carts,
           count(*) FILTER (WHERE type = 'purchase')::float8 AS bought,
           coalesce(sum(CASE WHEN type = 'refund' THEN -value ELSE value END)
               FILTER (WHERE type IN ('purchase', 'refund')), 0)::float8 AS money
    FROM (SELECT o.unit, x.variant, o.t, o.type, o.value
          FROM owned o JOIN exposed x ON x.unit = o.unit AND o.t >= x.first_at) r
    GROUP BY 1, 2, 3
), running AS (
    SELECT unit, variant, day, row_number() OVER life = 1 AS first,
           shown AS d_shown, clicks AS d_clicks, carts AS d_carts, bought AS d_bought,
           money AS d_money, sum(shown) OVER life AS shown, sum(clicks) OVER life AS clicks,
           sum(carts) OVER life AS carts, sum(bought) OVER life AS bought,
           sum(money) OVER life AS money
    FROM daily WINDOW life AS (PARTITION BY unit ORDER BY day ROWS UNBOUNDED PRECEDING)
), added AS (
    SELECT variant, day, count(*) FILTER (WHERE first) AS n,
           sum(d_clicks) AS m, sum(clicks ^ 2 - (clicks - d_clicks) ^ 2) AS mm,
           sum(d_shown) AS d, sum(shown ^ 2 - (shown - d_shown) ^ 2) AS dd,
           sum(clicks * shown - (clicks - d_clicks) * (shown - d_shown)) AS md,
           sum((bought > 0)::int - (bought - d_bought > 0)::int) AS buyers,
           sum((carts > 0)::int - (carts - d_carts > 0)::int) AS carts,
           sum(d_money) AS money, sum(money ^ 2 - (money - d_money) ^ 2) AS money2
    FROM running GROUP BY variant, day
)
SELECT variant, day, sum(n) OVER so_far, sum(m) OVER so_far, sum(mm) OVER so_far,
       sum(d) OVER so_far, sum(dd) OVER so_far, sum(md) OVER so_far, sum(buyers) OVER so_far,
       sum(carts) OVER so_far, sum(money) OVER so_far, sum(money2) OVER so_far
FROM added WINDOW so_far AS (PARTITION BY variant ORDER BY day)
ORDER BY 1, 2
"""
