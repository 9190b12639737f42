"""The placements' routes in the committed OpenAPI schema, from the very types they speak."""

from typing import Any

from apps.publishing.api.schema import (
    LIMIT,
    ONCE,
    RouteRow,
    components_document,
    routes_document,
)
from apps.recommendations.api.placement_documents import (
    PlacementAnswer,
    PlacementBody,
    PlacementContent,
    PlacementsList,
    PlacementVersionDocument,
    PlacementVersions,
)
from apps.recommendations.contracts import PlacementName

TYPES = (
    PlacementAnswer,
    PlacementBody,
    PlacementContent,
    PlacementVersionDocument,
    PlacementVersions,
    PlacementsList,
)
_ROOT = "/api/v1/placements"
_NAME: dict[str, Any] = {
    "name": "name",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "enum": [name.value for name in PlacementName]},
}
ROWS = (
    RouteRow(_ROOT, "get", "placements_list", "Every placement as it is live.", "PlacementsList"),
    RouteRow(
        f"{_ROOT}/{{name}}",
        "get",
        "placements_read",
        "One placement: what is live, its published version, and what waits.",
        "PlacementAnswer",
        parameters=(_NAME,),
    ),
    RouteRow(
        f"{_ROOT}/{{name}}",
        "put",
        "placements_put",
        "Other content: published (200), or waiting as a draft or in review (202).",
        "PlacementVersionDocument",
        body="PlacementBody",
        statuses=("200", "202"),
        parameters=(_NAME,),
    ),
    RouteRow(
        f"{_ROOT}/{{name}}/versions",
        "get",
        "placements_versions",
        "A placement's versions, newest first.",
        "PlacementVersions",
        parameters=(_NAME, LIMIT),
    ),
    RouteRow(
        f"{_ROOT}/{{name}}/rollback",
        "post",
        "placements_rollback",
        "A former version again, as a new one, at once.",
        "PlacementVersionDocument",
        body="RollbackBody",
        parameters=(_NAME, ONCE),
    ),
)


def placement_schema_register() -> None:
    """Make every operation and component known."""
    components_document("placements", TYPES)
    routes_document(ROWS, tag="recommendations", subject="placement")
