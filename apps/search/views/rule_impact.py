"""What a rule did since it is live, and the experiment that would tell for sure."""

from django.contrib.auth.decorators import permission_required
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.common.errors import ApplicationError, NotFound
from apps.merchandising.contracts_rule_views import RuleView
from apps.merchandising.domain.rules.wording import rule_words
from apps.merchandising.selectors_rules import rule_of_version, rule_view
from apps.search.domain.analytics.impact import RuleImpact
from apps.search.selectors.rule_impact import rule_impact
from apps.search.services.rule_test import rule_test_create

VIEW, TEST = "merchandising.view_ruleversion", "experiments.add_experiment"


@require_safe
@permission_required(VIEW, raise_exception=True)
def rule_impact_page(request: HttpRequest, key: str) -> HttpResponse:
    """Searches touched, and its queries' figures before and since."""
    return _page(request, key)


@require_POST
@permission_required(TEST, raise_exception=True)
def rule_test(request: HttpRequest, key: str) -> HttpResponse:
    """Draft an experiment with and without the rule, and go there."""
    try:
        found = rule_test_create(key=key, actor=request.user)
    except ApplicationError as error:
        return _page(request, key, refused=error.message, status=error.status)
    return HttpResponseRedirect(reverse("admin:experiments_experiment_change", args=(found.id,)))


def _page(request: HttpRequest, key: str, refused: str = "", status: int = 200) -> HttpResponse:
    view = _view(key)
    impact, late = _impact(view)
    response = render(
        request,
        "search/rule_impact.html",
        {
            "view": view,
            "words": rule_words(rule_of_version(view.shown)),
            "version_url": reverse(
                "admin:merchandising_ruleversion_change", args=(view.shown.id,)
            ),
            "impact": impact,
            "late": late,
            "refused": refused,
            "may_test": view.rule is not None and request.user.has_perm(TEST),
        },
        status=status,
    )
    response.csp_strict = True  # type: ignore[attr-defined]  # read by ContentSecurityPolicyMiddleware
    return response


def _view(key: str) -> RuleView:
    try:
        return rule_view(key, as_of=timezone.now())
    except NotFound as error:
        raise Http404(error.message) from error


def _impact(view: RuleView) -> tuple[RuleImpact | None, bool]:
    """The impact, and whether PostgreSQL took too long; none for what was never live."""
    if view.rule is None or view.live is None or view.live.published_at is None:
        return None, False
    starts, published = view.rule.conditions.starts_at, view.live.published_at
    now = timezone.now()
    since = max(starts, published) if starts else published
    if since >= now:
        return None, False
    try:
        return rule_impact(key=view.key, live_since=since, as_of=now), False
    except OperationalError:
        return None, True
