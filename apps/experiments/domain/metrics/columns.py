"""What a row of each source says: the columns that facts may sum, count and filter by.

Events: `value` and `quantity` of a refund count negative; `order_id` is the attribute of that
name, else `transaction_id`, else the visit (storefronts send one purchase event a line).
"""

from collections.abc import Mapping
from enum import StrEnum

from apps.experiments.contracts.metrics import FactSource


class ColumnType(StrEnum):
    """How a column's values compare."""

    NUMBER = "number"
    TEXT = "text"
    FLAG = "flag"


_NUMBER, _TEXT, _FLAG = ColumnType.NUMBER, ColumnType.TEXT, ColumnType.FLAG

COLUMNS: Mapping[FactSource, Mapping[str, ColumnType]] = {
    FactSource.EVENTS: {
        "value": _NUMBER,
        "quantity": _NUMBER,
        "position": _NUMBER,
        "product_id": _TEXT,
        "query_id": _TEXT,
        "session_id": _TEXT,
        "currency": _TEXT,
        "order_id": _TEXT,
    },
    FactSource.SEARCHES: {
        "zero_result": _FLAG,
        "clicked": _FLAG,
        "exited": _FLAG,
        "click_ndcg": _NUMBER,
        "first_click_seconds": _NUMBER,
        "results_count": _NUMBER,
        "latency_ms": _NUMBER,
        "page": _NUMBER,
        "cache_hit": _FLAG,
        "sort": _TEXT,
        "category": _TEXT,
        "query": _TEXT,
    },
    FactSource.SESSIONS: {
        "seconds": _NUMBER,
        "events": _NUMBER,
        "pages": _NUMBER,
        "searches": _NUMBER,
    },
    FactSource.CONVERSIONS: {"value": _NUMBER, "name": _TEXT},
}
ATTRIBUTE = "attributes."
ATTRIBUTE_SOURCES = frozenset({FactSource.EVENTS, FactSource.CONVERSIONS})


def attribute_name(field: str) -> str | None:
    """The attribute that `attributes.<name>` names; None for a column."""
    return field.removeprefix(ATTRIBUTE) if field.startswith(ATTRIBUTE) else None


def column_type(source: FactSource, field: str) -> ColumnType | None:
    """The type of a column; None for attributes and for what does not exist."""
    return COLUMNS[source].get(field)


def field_exists(source: FactSource, field: str) -> bool:
    """Whether rows of a source have this column, or may have this attribute."""
    name = attribute_name(field)
    if name is not None:
        return bool(name) and source in ATTRIBUTE_SOURCES
    return field in COLUMNS[source]
