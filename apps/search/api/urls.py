from django.urls import path

from apps.search.api.suggest import suggest
from apps.search.api.views import search

urlpatterns = [
    path("search", search, name="search"),
    path("search/suggest", suggest, name="search-suggest"),
]
