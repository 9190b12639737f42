"""Pages of the feature store inside admin."""

from django.contrib import admin
from django.urls import URLPattern, path

from apps.features.views.discovery import discovery_page

urlpatterns: list[URLPattern] = [
    path("feature-store/", admin.site.admin_view(discovery_page), name="features-discovery"),
]
