"""The weights' routes in the committed OpenAPI schema, from the very types they speak."""

from apps.publishing.api.schema import (
    LIMIT,
    ONCE,
    RouteRow,
    components_document,
    routes_document,
)
from apps.ranking_weights.api.bodies import RollbackBody, WeightsBody
from apps.ranking_weights.api.documents import (
    WeightsAnswer,
    WeightsList,
    WeightsVersion,
    WeightsVersions,
)

TYPES = (WeightsAnswer, WeightsBody, WeightsList, WeightsVersion, WeightsVersions, RollbackBody)
_ROOT = "/api/v1/ranking"
_CATEGORY = {
    "name": "category",
    "in": "path",
    "required": True,
    "description": "`global`, or a category's path; its slashes may stand as they are.",
    "schema": {"type": "string"},
}
ROWS = (
    RouteRow(
        f"{_ROOT}/weights", "get", "ranking_weights_list", "Every published set.", "WeightsList"
    ),
    RouteRow(
        f"{_ROOT}/weights/{{category}}",
        "get",
        "ranking_weights_read",
        "What is published for a subject, what ranks it, and what waits.",
        "WeightsAnswer",
        parameters=(_CATEGORY,),
    ),
    RouteRow(
        f"{_ROOT}/weights/{{category}}",
        "put",
        "ranking_weights_put",
        "Other weights: published (200), or waiting as a draft or in review (202).",
        "WeightsVersion",
        body="WeightsBody",
        statuses=("200", "202"),
        parameters=(_CATEGORY,),
    ),
    RouteRow(
        f"{_ROOT}/weight-versions/{{category}}",
        "get",
        "ranking_weights_versions",
        "A subject's versions, newest first.",
        "WeightsVersions",
        parameters=(_CATEGORY, LIMIT),
    ),
    RouteRow(
        f"{_ROOT}/weight-rollbacks/{{category}}",
        "post",
        "ranking_weights_rollback",
        "A former version again, as a new one, at once.",
        "WeightsVersion",
        body="RollbackBody",
        parameters=(_CATEGORY, ONCE),
    ),
)


def schema_register() -> None:
    """Make every operation and component known."""
    components_document("ranking-weights", TYPES)
    routes_document(ROWS, tag="ranking", subject="category")
