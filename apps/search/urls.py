from django.contrib import admin
from django.urls import path

from apps.search.views.analytics import analytics_csv, analytics_page
from apps.search.views.merchandiser import (
    merchandiser_board,
    merchandiser_page,
    merchandiser_save,
)
from apps.search.views.preview import weights_preview
from apps.search.views.rule_impact import rule_impact_page, rule_test
from apps.search.views.rule_preview import rule_preview_page

urlpatterns = [
    path(
        "search/weights-preview/",
        admin.site.admin_view(weights_preview),
        name="search-weights-preview",
    ),
    path(
        "search/rule-preview/",
        admin.site.admin_view(rule_preview_page),
        name="search-rule-preview",
    ),
    path(
        "search/merchandiser/",
        admin.site.admin_view(merchandiser_page),
        name="search-merchandiser",
    ),
    path(
        "search/merchandiser/board/",
        admin.site.admin_view(merchandiser_board),
        name="search-merchandiser-board",
    ),
    path(
        "search/merchandiser/save/",
        admin.site.admin_view(merchandiser_save),
        name="search-merchandiser-save",
    ),
    path(
        "search/rules/<slug:key>/impact/",
        admin.site.admin_view(rule_impact_page),
        name="search-rule-impact",
    ),
    path(
        "search/rules/<slug:key>/test/",
        admin.site.admin_view(rule_test),
        name="search-rule-test",
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
