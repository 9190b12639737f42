"""Which categories and brands shoppers like: by the database of all, from a history in a request.

Both are one definition (`domain.affinities`). Shoppers may be millions: of all of them the
database works it out alone, and it is streamed.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection

from apps.events.contracts import INTERACTION_WEIGHTS, EventType
from apps.events.domain.day_sql import judged_days
from apps.events.domain.identity_sql import EVENT_TABLE, IDENTITY_TABLE, QUERY_LOG_TABLE
from apps.features.contracts import Float32
from apps.features.contracts_store import ComputeContext, Computed, Deeds
from apps.features.domain.affinities import user_affinity
from apps.features.domain.definitions import AFFINITY_MOST
from apps.features.selectors_compute import KNOWN_THEN
from apps.features.selectors_streams import BATCH, rows_streamed

_CATEGORY, _BRAND = "c.path", "nullif(p.brand, '')"
_COLUMNS = "user_id, client_id, product_id, type, occurred_at, quantity"
# What a user did under their name, and what they did before on a client that became theirs. Of
# products that were given back in the window, all purchases are needed to judge it.
_STATEMENT = f"""
    WITH acts AS (
        SELECT coalesce(e.user_id, i.user_id) AS user_id,
               e.product_id, e.type, e.occurred_at, e.quantity
        FROM (
            SELECT {_COLUMNS} FROM {EVENT_TABLE}
            WHERE occurred_at >= %(first)s AND occurred_at < %(as_of)s
              AND product_id IS NOT NULL AND type = ANY (%(types)s)
            UNION ALL
            SELECT {_COLUMNS} FROM {EVENT_TABLE}
            WHERE occurred_at < %(first)s AND type IN ('purchase', 'refund')
              AND product_id IS NOT NULL AND product_id IN (
                  SELECT product_id FROM {EVENT_TABLE}
                  WHERE occurred_at >= %(first)s AND occurred_at < %(as_of)s
                    AND product_id IS NOT NULL AND type = 'refund')
        ) AS e
        LEFT JOIN {IDENTITY_TABLE} AS i
          ON e.user_id IS NULL AND i.client_id = e.client_id
         AND e.occurred_at >= i.starts AND e.occurred_at < i.ends AND {KNOWN_THEN}
        WHERE coalesce(e.user_id, i.user_id) IS NOT NULL {{only}}
    ), {judged_days("acts", "user_id")}, amounts AS (
        SELECT j.user_id, {{name}} AS name,
               sum(j.weight * exp(%(decay)s::float8
                   * extract(epoch FROM %(as_of)s - j.at)::float8)) AS amount
        FROM judged AS j
        JOIN catalog_product AS p USING (product_id)
        LEFT JOIN catalog_category AS c ON c.id = p.category_id
        WHERE j.at >= %(start)s AND NOT j.given_back
        GROUP BY 1, 2
    ), shares AS (
        SELECT user_id, name, amount / sum(amount) OVER (PARTITION BY user_id) AS share,
               row_number() OVER (
                   PARTITION BY user_id ORDER BY name IS NULL, amount DESC, name) AS place
        FROM amounts
    )
    SELECT user_id, name, share FROM shares
    WHERE name IS NOT NULL AND place <= %(most)s {{wanted}}
    ORDER BY user_id, place
"""
# Both sides of OR by an index: the clients that ever were theirs are few.
_ONLY = f"""AND (e.user_id = ANY (%(users)s) OR e.user_id IS NULL AND e.client_id = ANY (ARRAY(
              SELECT client_id FROM {IDENTITY_TABLE} WHERE user_id = ANY (%(users)s))))"""
_WANTED = "AND user_id = ANY (%(users)s)"
# A look at an index for each: of whoever did much, one row is enough.
_SEEN = f"""
    SELECT asked.user_id FROM unnest(%s::text[]) AS asked (user_id)
    CROSS JOIN LATERAL (
        (SELECT 1 FROM {EVENT_TABLE} AS e WHERE e.user_id = asked.user_id LIMIT 1)
        UNION ALL
        (SELECT 1 FROM {QUERY_LOG_TABLE} AS q WHERE q.user_id = asked.user_id LIMIT 1)
        LIMIT 1
    ) AS seen
"""


def affinity_on_demand(deeds: Deeds) -> Float32:
    """Of one shopper, from their live history."""
    return user_affinity(
        deeds,
        window_days=settings.POPULARITY_WINDOW_DAYS,
        half_life_days=settings.POPULARITY_HALF_LIFE_DAYS,
        most=AFFINITY_MOST,
    )


def categories_compute(context: ComputeContext) -> Iterable[Computed]:
    """Of every shopper, in pieces."""
    return _pieces(_CATEGORY, context.as_of, None)


def brands_compute(context: ComputeContext) -> Iterable[Computed]:
    """The same of brands."""
    return _pieces(_BRAND, context.as_of, None)


def categories_of_users(users: Sequence[str], as_of: datetime) -> dict[str, dict[str, float]]:
    """User to path to share; one statement. A user who did nothing is not there."""
    return _of_users(_CATEGORY, users, as_of)


def brands_of_users(users: Sequence[str], as_of: datetime) -> dict[str, dict[str, float]]:
    """User to brand to share likewise."""
    return _of_users(_BRAND, users, as_of)


def users_seen(users: Sequence[str]) -> set[str]:
    """Those of whom anything was ever stored, an event or a search; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, [list(users)])
        return {user for (user,) in cursor}


def _of_users(name: str, users: Sequence[str], as_of: datetime) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for piece in _pieces(name, as_of, list(users)):
        for user, part, share in zip(
            piece.entities, piece.parts, piece.values.tolist(), strict=True
        ):
            found.setdefault(user, {})[part] = share
    return found


def _pieces(name: str, as_of: datetime, users: list[str] | None) -> Iterator[Computed]:
    only, wanted = ("", "") if users is None else (_ONLY, _WANTED)
    statement = _STATEMENT.format(name=name, only=only, wanted=wanted)
    rows = rows_streamed(statement, _parameters(as_of, users))
    while piece := list(islice(rows, BATCH)):
        yield Computed(
            [row[0] for row in piece],
            np.array([row[2] for row in piece], dtype=np.float64),
            [row[1] for row in piece],
        )


def _parameters(as_of: datetime, users: list[str] | None) -> dict[str, Any]:
    start = as_of - timedelta(days=settings.POPULARITY_WINDOW_DAYS)
    return {
        "as_of": as_of,
        "start": start,
        # A day is judged whole, also the one that the window begins in.
        "first": start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0),
        "decay": -math.log(2) / (settings.POPULARITY_HALF_LIFE_DAYS * 86_400),
        "types": [*(kind.value for kind in INTERACTION_WEIGHTS), EventType.REFUND.value],
        "weights": [*INTERACTION_WEIGHTS.values(), 0.0],
        "users": users,
        "most": AFFINITY_MOST,
    }
