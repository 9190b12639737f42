from django.urls import URLPattern, path

from apps.explainability.api.judged import Compared, Judgements, Lists, Run, Runs
from apps.explainability.api.schema_judged import judged_schema_register

judged_schema_register()
judged_urlpatterns: list[URLPattern] = [
    path("relevance/lists", Lists.as_view(), name="api-relevance-lists"),
    path(
        "relevance/lists/<int:list_id>/judgements",
        Judgements.as_view(),
        name="api-relevance-judgements",
    ),
    path("relevance/runs", Runs.as_view(), name="api-relevance-runs"),
    path("relevance/runs/<int:run_id>", Run.as_view(), name="api-relevance-run"),
    path(
        "relevance/runs/<int:before>/compare/<int:after>",
        Compared.as_view(),
        name="api-relevance-compare",
    ),
]
