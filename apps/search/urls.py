from django.contrib import admin
from django.urls import path

from apps.search.views.analytics import analytics_csv, analytics_page
from apps.search.views.preview import weights_preview

urlpatterns = [
    path(
        "search/weights-preview/",
        admin.site.admin_view(weights_preview),
        name="search-weights-preview",
    ),
    path(
        "search/analytics/",
        admin.site.admin_view(analytics_page),
        name="search-analytics",
    ),
    path(
        "search/analytics/<slug:table>.csv",
        admin.site.admin_view(analytics_csv),
        name="search-analytics-csv",
    ),
]
