from django.urls import path

from apps.explainability.api.explain import debug_ranking, search_explain
from apps.explainability.api.urls_judged import judged_urlpatterns

urlpatterns = [
    *judged_urlpatterns,
    path("search/explain", search_explain, name="search-explain"),
    path("debug/ranking/<str:product_id>", debug_ranking, name="debug-ranking"),
]
