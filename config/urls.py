from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("apps.common.urls")),
    path("api/v1/", include("apps.common.api.urls")),
    path("api/v1/", include("apps.events.api.urls")),
    path("api/v1/", include("apps.search.api.urls")),
    path("api/v1/", include("apps.recommendations.api.urls")),
    path("api/v1/", include("apps.merchandising.api.urls")),
    path("api/v1/", include("apps.explainability.api.urls")),
    path("api/v1/", include("apps.ranking_weights.api.urls")),
    path("api/v1/", include("apps.recommendations.api.placement_urls")),
    path("api/v1/", include("apps.features.api.urls")),
    # Hot routes of serving come first: `conversions` is no experiment's key.
    path("", include("apps.experiments.api.serving_urls")),
    path("api/v1/", include("apps.experiments.api.urls")),
    path("experiments/", include("apps.experiments.urls")),
    # Pages of search inside admin come first: the admin site answers everything below it.
    path("admin/", include("apps.search.urls")),
    path("admin/", include("apps.explainability.urls")),
    path("admin/", include("apps.features.urls")),
    path("admin/", include("apps.recommendations.urls")),
    path("admin/", admin.site.urls),
    path("", include("apps.shop.urls")),
]

handler403 = "apps.common.pages.page_forbidden"
handler404 = "apps.common.pages.page_not_found"
handler500 = "apps.common.pages.page_failed"
