from django.urls import path

from apps.ranking_weights.api.schema import schema_register
from apps.ranking_weights.api.views import (
    WeightRollback,
    WeightSets,
    WeightsOf,
    WeightVersions,
)

schema_register()

urlpatterns = [
    path("ranking/weights", WeightSets.as_view(), name="ranking-weights"),
    path("ranking/weights/<path:category>", WeightsOf.as_view(), name="ranking-weights-of"),
    # Beside, not below, `weights/`: there every word may be part of a category's path.
    path(
        "ranking/weight-versions/<path:category>",
        WeightVersions.as_view(),
        name="ranking-weight-versions",
    ),
    path(
        "ranking/weight-rollbacks/<path:category>",
        WeightRollback.as_view(),
        name="ranking-weight-rollbacks",
    ),
]
