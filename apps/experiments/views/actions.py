"""What people do on a result page: decide, and have it computed again."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from apps.common.errors import ApplicationError
from apps.experiments.contracts.lifecycle import Outcome
from apps.experiments.services.analysis import analysis_refresh
from apps.experiments.services.decision import experiment_decide
from apps.experiments.views.gate import DECIDE, analyst_page, refresh_demand


@require_POST
@analyst_page
@permission_required(DECIDE, raise_exception=True)
def experiment_decided(request: HttpRequest, key: str) -> HttpResponse:
    """Record a decision on the latest analysis, which is frozen with it."""
    try:
        outcome = _outcome(request.POST.get("outcome", ""))
        # The form shows one choice of variant to all: it is meant only by those who ship.
        ships = outcome is Outcome.SHIP
        experiment_decide(
            key=key,
            outcome=outcome,
            variant=request.POST.get("variant", "") if ships else "",
            text=request.POST.get("text", "").strip(),
            ship=ships and request.POST.get("ship") == "1",
            actor=request.user,
        )
    except ApplicationError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "Decided. The analysis it was taken on is kept.")
    return redirect("experiments-detail", key=key)


@require_POST
@analyst_page
def experiment_refreshed(request: HttpRequest, key: str) -> HttpResponse:
    """Compute the latest analysis again, from what is rolled up by now."""
    refresh_demand(request)
    analysis_refresh(key=key)
    messages.success(request, "Computed again.")
    return redirect("experiments-detail", key=key)


def _outcome(text: str) -> Outcome:
    try:
        return Outcome(text)
    except ValueError as error:
        raise ApplicationError("Choose what is decided.", code="invalid") from error
