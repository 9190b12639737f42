"""The campaign calendar: a month or a quarter, drawn on the server."""

from datetime import date, datetime
from itertools import combinations, islice
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from apps.merchandising.contracts_rules import RuleState
from apps.merchandising.domain.rules.calendar import (
    SPANS,
    Planned,
    Stretch,
    calendar_lay,
    month_days,
    month_later,
    stretch_of,
)
from apps.merchandising.domain.rules.conflicts import rule_conflicts
from apps.merchandising.selectors_rules import (
    MOST_PLANNED,
    rules_planned,
    rules_planned_count,
    rules_without_window,
)

_MOST_WARNINGS = 20
_ACTING = {RuleState.LIVE, RuleState.SCHEDULED}


def calendar_page(page: Any, request: HttpRequest) -> HttpResponse:
    """What is live when: `?month=2026-11&months=3`."""
    now = timezone.now()
    zone = ZoneInfo(settings.TIME_ZONE)
    first, months = _asked(request, now.astimezone(zone).date())
    stretch = stretch_of(first, months, zone)
    planned = rules_planned(stretch.starts_at, stretch.ends_at, now)
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": "Campaign calendar",
        "groups": calendar_lay(planned, stretch),
        "axis": [_month(each) for each in stretch.months],
        "planned": len(planned),
        "of": _of(planned, stretch),
        "today": _today(stretch, now),
        "warnings": _warnings(planned),
        "always": rules_without_window(),
        "zone": settings.TIME_ZONE,
        "months": months,
        "steps": _steps(first, months),
        "states": [state for state in RuleState if state is not RuleState.RETIRED],
        "listed": reverse("admin:merchandising_ruleversion_changelist"),
    }
    return TemplateResponse(request, "admin/merchandising/calendar.html", context)


def _of(planned: list[Planned], stretch: Stretch) -> int:
    """How many there are; those that are drawn, unless there were too many of them."""
    if len(planned) < MOST_PLANNED:
        return len(planned)
    return rules_planned_count(stretch.starts_at, stretch.ends_at)


def _asked(request: HttpRequest, today: date) -> tuple[date, int]:
    """The first month and how many; whatever cannot be read is the present one."""
    try:
        first = datetime.strptime(request.GET.get("month", ""), "%Y-%m").date()  # noqa: DTZ007 - a month has no zone
    except ValueError:
        first = today.replace(day=1)
    months = request.GET.get("months", "")
    return first, int(months) if months in {str(each) for each in SPANS} else SPANS[0]


def _month(first: date) -> dict[str, Any]:
    days = [
        (day, first.replace(day=day).weekday() == 0) for day in range(1, month_days(first) + 1)
    ]
    return {"first": first, "days": days}


def _today(stretch: Stretch, now: datetime) -> float | None:
    if not stretch.starts_at <= now < stretch.ends_at:
        return None
    return round((now - stretch.starts_at) / (stretch.ends_at - stretch.starts_at) * 1000, 1)


def _steps(first: date, months: int) -> list[tuple[str, str]]:
    """(title, query) of where one may go from here."""

    def query(month: date, span: int) -> str:
        return f"?month={month:%Y-%m}&months={span}"

    return [
        ("Earlier", query(month_later(first, -months), months)),
        ("Later", query(month_later(first, months), months)),
        *((_span_words(span), query(first, span)) for span in SPANS if span != months),
    ]


def _span_words(span: int) -> str:
    return "One month" if span == 1 else f"{span} months"


def _warnings(planned: list[Planned]) -> list[str]:
    """The first conflicts of rules that are, or will be, live at the same time."""
    rules = [each.rule for each in planned if each.state in _ACTING]
    found = (
        conflict.words
        for one, other in combinations(rules, 2)
        for conflict in rule_conflicts(one, [other])
    )
    return list(islice(found, _MOST_WARNINGS))
