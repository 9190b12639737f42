"""A rule's version side by side with what is live, inside admin."""

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from apps.catalog.selectors import category_tree_fresh
from apps.common.errors import NotFound
from apps.merchandising.contracts_rules import MerchandisingRule
from apps.merchandising.domain.rules.wording import rule_words
from apps.merchandising.selectors_rules import RULES, rule_of_version
from apps.publishing.contracts import VersionView
from apps.publishing.selectors import version_view
from apps.search.contracts import MOST_QUERY_CHARACTERS
from apps.search.services.rule_preview import RuleOccasion, occasions_of, rule_preview

MOST_OCCASIONS = 3


@permission_required("merchandising.view_ruleversion", raise_exception=True)
def rule_preview_page(request: HttpRequest) -> HttpResponse:
    """What shoppers see now, and with this version, for the queries that it is for."""
    version = _version_asked(request)
    rule = rule_of_version(version)
    previews = [
        rule_preview(rule=rule, occasion=occasion, as_of=timezone.now())
        for occasion in _occasions(request, rule)
    ]
    response = render(
        request,
        "search/rule_preview.html",
        {
            "version": version,
            "rule": rule,
            "words": rule_words(rule),
            "version_url": reverse("admin:merchandising_ruleversion_change", args=(version.id,)),
            "previews": previews,
            "query": request.GET.get("q", ""),
            "category": request.GET.get("category", ""),
            "categories": category_tree_fresh().categories,
            "most_characters": MOST_QUERY_CHARACTERS,
        },
    )
    response.csp_strict = True  # type: ignore[attr-defined]  # read by ContentSecurityPolicyMiddleware
    return response


def _occasions(request: HttpRequest, rule: MerchandisingRule) -> tuple[RuleOccasion, ...]:
    """What was asked, said by whom the rule is for; else what the rule itself names."""
    own = occasions_of(rule, MOST_OCCASIONS)
    if not {"q", "category"} & set(request.GET):
        return own
    query = request.GET.get("q", "").strip()[:MOST_QUERY_CHARACTERS]
    category = request.GET.get("category", "").strip("/")
    return (RuleOccasion(query, category, own[0].attributes, own[0].variants),)


def _version_asked(request: HttpRequest) -> VersionView:
    version = request.GET.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 10):  # noqa: PLR2004 - fits the key's integer
        raise Http404("There is no such version.")
    try:
        return version_view(kind=RULES, version_id=int(version))
    except NotFound as missing:
        raise Http404("There is no such version.") from missing
