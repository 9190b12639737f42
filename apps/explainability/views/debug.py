"""The debug dashboard: two configurations of one search, drawn; all of it in the address."""

from collections.abc import Mapping

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.common.errors import InvalidInput
from apps.explainability.contracts.debugged import DebugAsked, SideAsked, SidePicture
from apps.explainability.domain.debug_picture import tone_of
from apps.explainability.domain.debug_state import StateInvalid, state_query, state_read
from apps.explainability.metrics import debug_requests
from apps.explainability.selectors.weights_map import (
    variant_choices,
    weights_choices,
    weights_map,
)
from apps.explainability.services.debug_sides import sides_compared
from apps.features.contracts import FEATURES
from apps.ranking.contracts import RULES_CONTRIBUTION
from apps.search.contracts import MOST_QUERY_CHARACTERS, FusionMethod

VIEW = "ranking_weights.view_weightsetversion"
_NOTHING = DebugAsked("", "", 10, SideAsked(), SideAsked())


@require_safe
@permission_required(VIEW, raise_exception=True)
def debug_page(request: HttpRequest) -> HttpResponse:
    """Query in; hits with their bars, histograms and the map of weight sets out."""
    debug_requests.inc()
    asked, sides, refused = _answered(request.GET.dict())
    context = {
        "asked": asked,
        "sides": sides,
        "refused": refused,
        "ran": bool(request.GET),
        "link": request.build_absolute_uri(f"{request.path}?{state_query(asked)}"),
        "settings": [("a", "A", asked.a), ("b", "B", asked.b)],
        "weights": weights_choices(),
        "variants": variant_choices(),
        "fusions": ["published", *FusionMethod],
        "map": weights_map(),
        "legend": _legend(),
        "most_characters": MOST_QUERY_CHARACTERS,
    }
    status = 400 if refused else 200
    response = render(request, "explainability/debug.html", context, status=status)
    response["Cache-Control"] = "private, no-store"
    response.csp_strict = True  # type: ignore[attr-defined]  # read by ContentSecurityPolicyMiddleware
    return response


def _answered(
    parameters: Mapping[str, str],
) -> tuple[DebugAsked, tuple[SidePicture, ...], str]:
    """The state, both sides, and what was wrong with it."""
    try:
        asked = state_read(parameters)
    except StateInvalid as error:
        return _NOTHING, (), f"{error.field}: {error}"
    if not parameters:
        return asked, (), ""
    try:
        return asked, sides_compared(asked, timezone.now()), ""
    except InvalidInput as error:
        return asked, (), f"{error.extra['field']}: {error.message}"


def _legend() -> list[tuple[str, int]]:
    found = [(spec.title, tone_of(spec.name)) for spec in FEATURES]
    return [*found, ("Rules", tone_of(RULES_CONTRIBUTION))]
