"""The list of experiments."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.experiments.contracts.assignment import Status
from apps.experiments.contracts.design import ExperimentKind
from apps.experiments.contracts.pages import SORTS, ExperimentLine, LineFilter
from apps.experiments.contracts.results import HealthStatus
from apps.experiments.domain.pages.badges import (
    Badge,
    Standing,
    attention,
    badges,
    status_badge,
)
from apps.experiments.selectors.pages import experiment_lines
from apps.experiments.views.gate import analyst_page

_SORT_TITLES = {
    "attention": "What needs attention",
    "newest": "Newest",
    "longest": "Running longest",
    "units": "Most units",
    "name": "Name",
}
_AROUND = 2


@dataclass(frozen=True, slots=True)
class LineView:
    """A line with its words."""

    line: ExperimentLine
    status: Badge
    badges: tuple[Badge, ...]
    attention: str
    days: float | None
    overdue: bool


@require_safe
@analyst_page
def experiments_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    wanted = filter_read(request.GET)
    page = experiment_lines(wanted, now=now)
    context = {
        "page": page,
        "lines": [line_view(line, now) for line in page.lines],
        "wanted": wanted,
        "sorts": [(sort, _SORT_TITLES[sort]) for sort in SORTS],
        "statuses": [(each.value, status_badge(each).text) for each in Status],
        "kinds": [each.value for each in ExperimentKind],
        "healths": [each.value for each in HealthStatus],
        "pages": _pages(page.page, page.pages),
        "query": _query(request.GET, without=("page",)),
        "filtered": any((wanted.text, wanted.status, wanted.surface, wanted.kind, wanted.health)),
        "now": now,
    }
    return render(request, "experiments/list.html", context)


def filter_read(query: Mapping[str, str]) -> LineFilter:
    """What a query asks for; what makes no sense asks for nothing."""
    page = query.get("page", "1")
    status, kind, health = (query.get(name, "") for name in ("status", "kind", "health"))
    return LineFilter(
        text=query.get("q", "").replace("\x00", "").strip()[:100],
        status=status if status in {each.value for each in Status} else "",
        surface=query.get("surface", "").replace("\x00", "")[:50],
        kind=kind if kind in {each.value for each in ExperimentKind} else "",
        health=health if health in {each.value for each in HealthStatus} else "",
        attention=query.get("attention", "") == "1",
        sort=query.get("sort", "") if query.get("sort", "") in SORTS else SORTS[0],
        page=int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1,  # noqa: PLR2004 - no list is longer
    )


def line_view(line: ExperimentLine, now: datetime) -> LineView:
    """A line, worded."""
    standing = Standing(
        status=line.status,
        action=line.action,
        health=line.health,
        alarms=tuple(dict.fromkeys(_alarm(alarm) for alarm in line.alarms)),
        readable=line.readable,
        units=line.units,
        days_left=line.days_left,
        decided=bool(line.decision),
        overdue=line.overdue(now),
    )
    return LineView(
        line=line,
        status=status_badge(line.status),
        badges=badges(standing),
        attention=attention(standing),
        days=line.days_running(now),
        overdue=standing.overdue,
    )


def _alarm(alarm: Mapping[str, object]) -> str:
    code, scope = str(alarm.get("code", "")), str(alarm.get("scope", ""))
    words = "SRM" if code == "srm" else code.replace("_", " ")
    return f"{words} ({scope})" if scope else words


def _pages(page: int, pages: int) -> list[int]:
    """The first, the last, and those around this one; 0 is a gap."""
    shown = sorted({1, pages, *range(max(page - _AROUND, 1), min(page + _AROUND, pages) + 1)})
    found: list[int] = []
    for each in shown:
        if found and each > found[-1] + 1:
            found.append(0)
        found.append(each)
    return found


def _query(query: Mapping[str, str], *, without: tuple[str, ...]) -> str:
    from django.utils.http import urlencode

    return urlencode({key: value for key, value in query.items() if key not in without and value})
