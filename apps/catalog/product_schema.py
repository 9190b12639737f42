"""The OpenAPI properties of a product in an answer; see `domain.product_json`."""

from apps.catalog.contracts import AVAILABILITIES
from apps.common.api.schema_parts import NUMBER, TEXT, Json, or_null


def product_properties() -> Json:
    """What every product of an answer has."""
    attribute = {"type": ["string", "number", "boolean", "array"], "items": TEXT}
    return {
        "product_id": TEXT,
        "title": TEXT,
        "description": TEXT,
        "brand": TEXT,
        "category": {**TEXT, "description": "Its path; empty for none."},
        "price": NUMBER,
        "sale_price": or_null(NUMBER),
        "currency": TEXT,
        "availability": {**TEXT, "enum": list(AVAILABILITIES)},
        "image_link": TEXT,
        "link": TEXT,
        "attributes": {"type": "object", "additionalProperties": attribute},
        "item_group_id": TEXT,
        "released_at": {"type": ["string", "null"], "format": "date-time"},
    }
