"""Shoppers of two tastes: who buys what, as events and as a training set."""

from datetime import datetime, timedelta

import numpy as np
from django.db import connection

from apps.common.domain.string_table import StringTable
from apps.events.domain.months import month_start
from apps.events.services.ingest import events_ingest
from apps.events.services.partitions import partitions_ensure
from apps.recommendations.contracts_models import Cells, TrainingSet

PRODUCTS = [f"{group}{number}" for group in "ab" for number in range(10)]
NOW = 1_750_000_000.0
DAY_S = 86_400.0


def training_of(users: int = 40, seed: int = 5) -> TrainingSet:
    """Even users like a0 … a9, odd ones b0 … b9; each has five of them, bought days ago."""
    random = np.random.default_rng(seed)
    indptr, codes = [0], []
    for user in range(users):
        liked = np.sort(random.choice(10, size=5, replace=False)) + 10 * (user % 2)
        codes.extend(liked.tolist())
        indptr.append(len(codes))
    return TrainingSet(
        user_ids=StringTable.build([f"u:{user:03}" for user in range(users)]),
        product_ids=StringTable.build(PRODUCTS),
        indptr=np.array(indptr, dtype=np.int64),
        codes=np.array(codes, dtype=np.int32),
        weights=np.full(len(codes), 3.0, dtype=np.float32),
        at=NOW - DAY_S * random.integers(1, 30, len(codes)).astype(np.float64),
        as_of=NOW,
    )


def cells(*codes: int, weight: float = 3.0, age: float = 1.0) -> Cells:
    """A history of these codes."""
    return Cells(
        np.array(codes, dtype=np.int32),
        np.full(len(codes), weight, dtype=np.float32),
        np.full(len(codes), age, dtype=np.float32),
    )


def purchases_ingest(now: datetime, users: int = 60, days: int = 90, seed: int = 5) -> None:
    """Two of the user's taste every ten days or so, for `days` days until `now`."""
    partitions_ensure(first=month_start(now - timedelta(days=days)), last=month_start(now))
    random = np.random.default_rng(seed)
    items = [
        {
            "type": "purchase",
            "user_id": f"{user:03}",
            "product_id": PRODUCTS[int(random.integers(10)) + 10 * (user % 2)],
            "occurred_at": now - timedelta(days=float(random.uniform(0.1, days))),
            "quantity": 1,
            "attributes": {"n": number},
        }
        for number, user in enumerate(np.tile(np.arange(users), days // 5).tolist())
    ]
    for start in range(0, len(items), 500):
        result = events_ingest(items=items[start : start + 500], received_at=now)
        assert not result.errors


def events_made(users: int, each: int, now: datetime) -> None:
    """Many purchases at once, by the database: `each` different products a user."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO events_event
                (id, type, occurred_at, received_at, user_id, product_id, attributes)
            SELECT uuidv7(), 'purchase', %s, %s, 'made' || u, 'product' || (u * 7 + p), '{}'
            FROM generate_series(1, %s) u, generate_series(1, %s) p
            """,
            [now - timedelta(hours=1), now, users, each],
        )
