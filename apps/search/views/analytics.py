"""Search analytics: what shoppers look for, and where search fails them."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.experiments.domain.pages.exports import table_csv
from apps.search.contracts_pages import query_actions
from apps.search.domain.analytics.figures import Analytics, Period
from apps.search.domain.analytics.periods import LENGTHS, PeriodUnreadable, period_of, period_read
from apps.search.domain.analytics.picture import days_chart
from apps.search.domain.analytics.tables import (
    CSV_COLUMNS,
    TABLES,
    csv_rows,
    lines_of,
    tables_of,
)
from apps.search.domain.analytics.tiles import tiles_of
from apps.search.selectors.analytics import (
    analytics_categories,
    analytics_ran_at,
    search_analytics,
)

VIEW = "search.view_searchday"
SYNONYMS = "merchandising.add_synonymsetversion"
_LINES, _CSV_LINES = 25, 10_000
_MOST_PATH = 500


@require_safe
@permission_required(VIEW, raise_exception=True)
def analytics_page(request: HttpRequest) -> HttpResponse:
    """Everything of a period and a category; a constant number of queries."""
    period, refused = _period(request.GET)
    category = _category(request.GET)
    analytics = search_analytics(period=period, category=category, limit=_LINES)
    context = {
        "period": period,
        "refused": refused,
        "lengths": LENGTHS,
        "category": category,
        "categories": analytics_categories(),
        "ran_at": analytics_ran_at(),
        "tiles": tiles_of(analytics),
        "unnamed": analytics.unnamed,
        "short_by": analytics.short_by,
        "chart": days_chart(analytics.days, period),
        "tables": tables_of(analytics),
        "asked": urlencode(_asked(period, category)),
        "may_write_synonyms": request.user.has_perm(SYNONYMS),
        "actions": _actions(request),
    }
    return _private(render(request, "search/analytics.html", context))


def _actions(request: HttpRequest) -> list[tuple[str, str]]:
    """(title, address up to the query) of what may be done about a query."""
    found = []
    for action in query_actions(request.user.has_perm):
        try:
            found.append((action.title, f"{reverse(action.url_name)}?{action.parameter}="))
        except NoReverseMatch:  # an app whose pages are not routed here
            continue
    return found


@require_safe
@permission_required(VIEW, raise_exception=True)
def analytics_csv(request: HttpRequest, table: str) -> HttpResponse:
    """One table with every figure, up to 10,000 lines."""
    if table not in TABLES:
        raise Http404("There is no such table.")
    period, refused = _period(request.GET)
    if refused:
        return HttpResponse(refused, status=400, content_type="text/plain; charset=utf-8")
    found: Analytics = search_analytics(
        period=period, category=_category(request.GET), limit=_CSV_LINES
    )
    written = table_csv(CSV_COLUMNS, csv_rows(lines_of(found, table)))
    response = HttpResponse(written, content_type="text/csv; charset=utf-8")
    name = f"searches-{table}-{period.first}-{period.last}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return _private(response)


def _period(query: Mapping[str, str]) -> tuple[Period, str]:
    """The period that is asked for, and what was wrong with it."""
    today = timezone.now().date()
    asked = {name: query.get(name, "")[:20] for name in ("days", "from", "to")}
    try:
        period = period_read(
            days=asked["days"], first=asked["from"], last=asked["to"], today=today
        )
    except PeriodUnreadable as error:
        return period_of(LENGTHS[1], today), f"{error.field}: {error}"
    return period, ""


def _category(query: Mapping[str, str]) -> str:
    return query.get("category", "").replace("\x00", "").strip("/")[:_MOST_PATH]


def _asked(period: Period, category: str) -> Mapping[str, str]:
    asked = {"from": f"{period.first}", "to": f"{period.last}"}
    return {**asked, "category": category} if category else asked


def _private(response: HttpResponse) -> HttpResponse:
    """What shoppers typed is nobody else's, and no proxy's."""
    response["Cache-Control"] = "private, no-store"
    response.csp_strict = True  # type: ignore[attr-defined]  # read by ContentSecurityPolicyMiddleware
    return response
