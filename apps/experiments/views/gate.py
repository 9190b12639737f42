"""Who may see analysts' pages; they are about business, so nobody may cache them."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from apps.common.errors import ApplicationError, Forbidden, NotFound

VIEW = "experiments.view_experiment"
DECIDE = "experiments.decide_experiment"
# Rows of single units are as personal as the events they come from.
UNITS = "events.view_event"
# Computing again changes nothing of an experiment, but costs the machine something.
REFRESH = "experiments.refresh_experiment"
Page = Callable[..., HttpResponseBase]


def analyst_page(view: Page) -> Page:
    """Login first, then the permission; refusals of services become the pages of their kind."""

    @login_required
    @permission_required(VIEW, raise_exception=True)
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        try:
            response = view(request, *args, **kwargs)
        except NotFound as error:
            raise Http404(error.message) from error
        except Forbidden as error:
            raise PermissionDenied(error.message) from error
        except ApplicationError as error:
            context = {"message": error.message}
            response = render(request, "experiments/refused.html", context, status=error.status)
        response["Cache-Control"] = "private, no-store"
        return response

    return guarded


def may_refresh(request: HttpRequest) -> bool:
    """Whether this person may have results computed now, or as of another moment."""
    return request.user.has_perm(REFRESH)


def refresh_demand(request: HttpRequest) -> None:
    """Refuse those who may not.

    Raises:
        Forbidden: they may not.
    """
    if not may_refresh(request):
        raise Forbidden("Your login does not allow computing results.")
