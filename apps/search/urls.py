from django.contrib import admin
from django.urls import path

from apps.search.views import weights_preview

urlpatterns = [
    path(
        "search/weights-preview/",
        admin.site.admin_view(weights_preview),
        name="search-weights-preview",
    ),
]
