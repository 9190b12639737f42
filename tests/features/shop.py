"""A shop with a past: products of two categories, and what was shown, clicked, bought, returned."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from apps.catalog.models import Category
from apps.catalog.selectors import category_tree_fresh, columns_load
from apps.common.domain.uuid7 import uuid7_new
from apps.events.contracts import QueryLogEntry
from apps.events.services.ingest import events_ingest
from apps.events.services.partitions import partitions_ensure
from apps.events.services.query_log import queries_store
from apps.features.contracts_store import ComputeContext, Computed
from apps.features.domain.examined.packed import features_pack
from apps.features.domain.registry import feature_of
from tests.features.catalogue import categories_create, product_create

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


def shop_create() -> dict[str, Category]:
    """a, b and c stand in audio, d and e in electronics itself, f nowhere; a and d have stock."""
    categories = categories_create()
    audio, electronics = categories["electronics/audio"], categories["electronics"]
    product_create("a", NOW - timedelta(days=90), category=audio, stock=10)
    product_create("b", NOW, category=audio)
    product_create("c", category=audio, availability="out_of_stock")
    product_create("d", category=electronics, stock=0)
    product_create("e", category=electronics)
    product_create("f")
    partitions_ensure(first=NOW - timedelta(days=200), last=NOW + timedelta(days=40))
    return categories


def happen(*events: tuple[str, str, float], **common: Any) -> None:
    """Store (type, product, days ago); `common` joins or replaces a field of each."""
    received_at = common.pop("received_at", NOW + timedelta(days=35))
    items = [_item(place, *event, common) for place, event in enumerate(events)]
    result = events_ingest(items=items, received_at=received_at)
    assert not result.errors, result.errors


def _item(
    place: int, kind: str, product_id: str, days_ago: float, common: dict[str, object]
) -> dict[str, object]:
    item: dict[str, object] = {
        "type": kind,
        "occurred_at": (NOW - timedelta(days=days_ago)).isoformat(),
        "product_id": product_id,
        "client_id": "c1",
        "event_id": f"{kind}-{product_id}-{days_ago}-{place}-{sorted(common.items())}",
    }
    if kind in {"purchase", "refund"}:
        item |= {"value": 1, "currency": "EUR", "quantity": 1}
    return {name: value for name, value in {**item, **common}.items() if value is not None}


def shown(product_ids: Iterable[str], days_ago: float, **fields: object) -> str:
    """Log one search that showed these products, best first; its query id."""
    ids = tuple(product_ids)
    at = NOW - timedelta(days=days_ago)
    entry = QueryLogEntry(
        query_id=uuid7_new(at), occurred_at=at, query="q", normalised="q", filters={},
        sort="relevance", page=1, per_page=len(ids), results_count=len(ids), product_ids=ids,
        category=None, latency_ms=1.0, cache_hit=False, client_id="c1",
        features=features_pack(["search_score"], np.ones((len(ids), 1), dtype=np.float32)),
        **fields,  # type: ignore[arg-type]  # field by field
    )  # fmt: skip
    queries_store([entry])
    return str(entry.query_id)


def context_of(as_of: datetime = NOW) -> ComputeContext:
    columns = columns_load()
    return ComputeContext(as_of, columns, category_tree_fresh())


def values_of(key: str, as_of: datetime = NOW) -> dict[str | tuple[str, str], float]:
    """Entity (with its part) to value, as the feature computes it."""
    compute = feature_of(key).compute
    assert compute is not None
    return {name: value for piece in compute(context_of(as_of)) for name, value in _named(piece)}


def _named(piece: Computed) -> list[tuple[str | tuple[str, str], float]]:
    names: list[str | tuple[str, str]] = (
        list(zip(piece.entities, piece.parts, strict=True))
        if piece.parts
        else list(piece.entities)
    )
    return list(zip(names, piece.values.tolist(), strict=True))
