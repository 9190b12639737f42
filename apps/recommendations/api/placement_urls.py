from django.urls import path

from apps.recommendations.api.placement_schema import placement_schema_register
from apps.recommendations.api.placement_views import (
    PlacementNamed,
    PlacementRollback,
    Placements,
    PlacementVersionsOf,
)

placement_schema_register()

urlpatterns = [
    path("placements", Placements.as_view(), name="placements"),
    path("placements/<str:name>", PlacementNamed.as_view(), name="placements-named"),
    path(
        "placements/<str:name>/versions",
        PlacementVersionsOf.as_view(),
        name="placements-versions",
    ),
    path(
        "placements/<str:name>/rollback",
        PlacementRollback.as_view(),
        name="placements-rollback",
    ),
]
