"""First visits after a moment, product by product: what a next-item figure is measured on."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from apps.events.domain.identity_sql import EVENT_TABLE

_VISITS = f"""
    SELECT user_id, coalesce(session_id, to_char(occurred_at, 'YYYY-MM-DD')) AS visit,
           array_agg(product_id ORDER BY occurred_at, id)
    FROM {EVENT_TABLE}
    WHERE occurred_at >= %(start)s AND occurred_at < %(until)s AND user_id = ANY (%(users)s)
      AND product_id IS NOT NULL AND type = 'purchase'
    GROUP BY 1, 2
    ORDER BY 1, min(occurred_at), 2
"""


def first_visits(*, users: list[str], start: datetime, until: datetime) -> dict[str, list[str]]:
    """User to the products of their first visit with a purchase, in their order, each once."""
    parameters: dict[str, Any] = {"users": users, "start": start, "until": until}
    found: dict[str, list[str]] = {}
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(_VISITS, parameters)
        for user, _, products in cursor:
            found.setdefault(user, list(dict.fromkeys(products)))
    return found
