"""Pages of search inside admin."""

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from apps.events.selectors import query_log_recent
from apps.features.contracts import FEATURES
from apps.ranking_weights.contracts import WeightSet
from apps.ranking_weights.selectors import weights_of_version
from apps.ranking_weights.services import KIND as WEIGHTS_KIND
from apps.search.contracts import MOST_QUERY_CHARACTERS
from apps.search.contracts_pages import draft_judged
from apps.search.services.preview import weights_compare

MOST_QUERIES = 5
_RECENT = 200
_SUGGESTED = 3


@permission_required("ranking_weights.view_weightsetversion", raise_exception=True)
def weights_preview(request: HttpRequest) -> HttpResponse:
    """Current and draft beside each other, for up to five queries."""
    weights = _weights_asked(request)
    queries = _queries_asked(request)
    comparisons = [weights_compare(query=query, weights=weights) for query in queries]
    response = render(
        request,
        "search/weights_preview.html",
        {
            "version": request.GET.get("version"),
            "weights": weights,
            "weight_lines": [
                (spec.title, weights.weights.get(spec.name, 0.0)) for spec in FEATURES
            ],
            "version_url": _version_url(request),
            "judged": draft_judged(WEIGHTS_KIND, int(request.GET["version"])),
            "comparisons": comparisons,
            "queries": [*queries, *([""] * (MOST_QUERIES - len(queries)))],
            "most_characters": MOST_QUERY_CHARACTERS,
        },
    )
    response.csp_strict = True  # type: ignore[attr-defined]  # read by ContentSecurityPolicyMiddleware
    return response


def _version_url(request: HttpRequest) -> str:
    """The version's own page, where it is published or rolled back."""
    name = "admin:ranking_weights_weightsetversion_change"
    return reverse(name, args=(int(request.GET["version"]),))


def _weights_asked(request: HttpRequest) -> WeightSet:
    version = request.GET.get("version", "")
    weights = None
    if version.isascii() and version.isdigit() and len(version) < 10:  # noqa: PLR2004 - fits the key's integer
        weights = weights_of_version(int(version))
    if weights is None:
        raise Http404("There is no such version.")
    return weights


def _queries_asked(request: HttpRequest) -> list[str]:
    """What was asked, else what shoppers searched for lately."""
    if "q" in request.GET:
        asked = [each.strip()[:MOST_QUERY_CHARACTERS] for each in request.GET.getlist("q")]
        return list(dict.fromkeys(each for each in asked if each))[:MOST_QUERIES] or [""]
    recent = (entry.normalised for entry in query_log_recent(limit=_RECENT))
    return list(dict.fromkeys(each for each in recent if each))[:_SUGGESTED] or [""]
