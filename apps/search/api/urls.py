from django.urls import path

from apps.search.api.views import search

urlpatterns = [path("search", search, name="search")]
