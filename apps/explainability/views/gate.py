"""Who may see pages of judged relevance; they are about business, so nobody may cache them."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from apps.common.errors import ApplicationError, Forbidden, NotFound

VIEW, RATE, CHANGE = (
    "explainability.view_judgementlist",
    "explainability.rate_judgementlist",
    "explainability.change_judgementlist",
)
IMPORT, EXPORT = (
    "explainability.import_judgementlist",
    "explainability.export_judgementlist",
)
SEE_RUNS, RUN = "explainability.view_evaluationrun", "explainability.add_evaluationrun"
Page = Callable[..., HttpResponseBase]


def relevance_page(permission: str) -> Callable[[Page], Page]:
    """The permission first; refusals of services become the pages of their kind."""

    def worn(view: Page) -> Page:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            try:
                response = view(request, *args, **kwargs)
            except NotFound as error:
                raise Http404(error.message) from error
            except Forbidden as error:
                raise PermissionDenied(error.message) from error
            except ApplicationError as error:
                response = _refused(request, error)
            response["Cache-Control"] = "private, no-store"
            response.csp_strict = True  # type: ignore[attr-defined]  # read by ContentSecurityPolicyMiddleware
            return response

        return guarded

    return worn


def _refused(request: HttpRequest, error: ApplicationError) -> HttpResponseBase:
    """A form that was sent goes back to its page with the refusal above it."""
    back = request.POST.get("back", "")
    if request.method == "POST" and back.startswith(reverse("relevance-lists")[:-6]):
        messages.error(request, error.message)
        return redirect(back)
    return render(
        request, "relevance/refused.html", {"message": error.message}, status=error.status
    )
