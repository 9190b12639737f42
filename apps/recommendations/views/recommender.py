"""The page about the model behind personal shelves."""

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from apps.recommendations.selectors.model_overview import TRAIN_JOB, model_overview


@require_safe
@permission_required("recommendations.view_placementversion", raise_exception=True)
def recommender_page(request: HttpRequest) -> HttpResponse:
    """What serves, how it was chosen, how old it is, and the way back."""
    may = request.user.has_perm
    return TemplateResponse(
        request,
        "admin/recommendations/recommender.html",
        {
            **admin.site.each_context(request),
            "title": "Recommender",
            "overview": model_overview(),
            "job": TRAIN_JOB,
            "may_activate": may("model_registry.activate_artifactversion"),
            "may_look": may("model_registry.view_artifactversion"),
            "may_run": may("jobs.view_jobrun"),
        },
    )
