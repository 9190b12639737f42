"""One experiment whole."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.views.decorators.http import require_safe

from apps.common.errors import InvalidInput
from apps.experiments.contracts.design import ExperimentDesign
from apps.experiments.contracts.lifecycle import ExperimentView
from apps.experiments.contracts.pages import StoredAnalysis
from apps.experiments.contracts.results import ExperimentResults
from apps.experiments.domain.charts.marks import Chart
from apps.experiments.domain.charts.timeline import timeline_chart
from apps.experiments.domain.pages.badges import Badge, badges, standing_of, status_badge
from apps.experiments.domain.pages.page import ResultsPage, band_words, results_page
from apps.experiments.domain.pages.rows import Impact
from apps.experiments.selectors.activity import activity
from apps.experiments.selectors.experiments import experiment_view
from apps.experiments.selectors.pages import analysis_stored
from apps.experiments.services.analysis import results_for
from apps.experiments.views.gate import DECIDE, UNITS, analyst_page, may_refresh, refresh_demand
from apps.experiments.views.notebook import notebook_words
from apps.experiments.views.variants import VariantView, variants_of

_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Shown:
    """The results that a page shows, and where they come from.

    Attributes:
        analysis: the stored one; None when computed for this request.
        computed: in words, when computed for this request.
    """

    results: ExperimentResults | None
    analysis: StoredAnalysis | None
    computed: str


@require_safe
@analyst_page
def experiment_detail(request: HttpRequest, key: str) -> HttpResponse:
    view = experiment_view(key)
    shown = shown_results(request, key)
    context = {
        **frame(view, shown, impact_read(request), request.GET.get("metric", "")).context(),
        "notebook": notebook_words(request.build_absolute_uri("/"), key),
        "activity": tuple(reversed(activity(key))),
        "may_decide": request.user.has_perm(DECIDE),
        "may_refresh": may_refresh(request),
        "may_export_units": request.user.has_perm(UNITS),
        "queries": _queries(request.GET),
        "allocation": request.GET.get("allocation", ""),
    }
    return render(request, "experiments/detail.html", context)


def impact_read(request: HttpRequest) -> Impact:
    """The scale that is asked for; relative when none is."""
    asked = request.GET.get("impact", "")
    return Impact(asked) if asked in {each.value for each in Impact} else Impact.RELATIVE


def shown_results(request: HttpRequest, key: str) -> Shown:
    """The latest stored analysis, a frozen one, or one computed for the moment asked for.

    Raises:
        Forbidden: computing is for those who may.
        InvalidInput: the moment or the allocation cannot be read.
        NotFound: there is no such analysis.
    """
    asked, allocation = request.GET.get("as_of", ""), request.GET.get("allocation", "")
    if asked or allocation:
        refresh_demand(request)
        as_of = moment_read(asked) if asked else timezone.now()
        number = _number(allocation, "allocation")
        results = results_for(key=key, as_of=as_of, salt_version=number)
        words = f"Computed for this page as of {as_of:%Y-%m-%d %H:%M} UTC"
        return Shown(results, None, words + (f", allocation {number}." if number else "."))
    stored = analysis_stored(key=key, analysis_id=_number(request.GET.get("analysis"), "analysis"))
    return Shown(None if stored is None else stored.results, stored, "")


def _number(text: str | None, field: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004 - ids fit in nine digits
        raise InvalidInput("A whole number is wanted.", field=field)
    return int(text)


def moment_read(text: str) -> datetime:
    """A moment in UTC from `2026-11-21` (its end) or `2026-11-21T09:45`.

    Raises:
        InvalidInput: it is none.
    """
    try:
        day = parse_date(text) if len(text) == len("2026-11-21") else None
        moment = parse_datetime(text) if day is None else None
    except ValueError as error:
        raise InvalidInput("There is no such day.", field="as_of") from error
    if day is not None:
        return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC)
    if moment is None:
        raise InvalidInput("A day (2026-11-21) or a moment is wanted.", field="as_of")
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Frame:
    """What page and report both show of an experiment; `page` is None before any results."""

    view: ExperimentView
    design: ExperimentDesign
    results: ExperimentResults | None
    page: ResultsPage | None
    shown: Shown
    status: Badge
    badges: tuple[Badge, ...]
    variants: tuple[VariantView, ...]
    timeline: Chart | None
    days: float | None
    band: str
    impacts: tuple[str, ...]
    allocations: tuple[int, ...]

    def context(self) -> dict[str, object]:
        """The same, for templates."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


def frame(view: ExperimentView, shown: Shown, impact: Impact, metric: str = "") -> Frame:
    """Everything that does not depend on who looks."""
    now = timezone.now()
    results = shown.results
    page = None
    if results is not None:
        page = results_page(results, view.design, impact=impact, metric=metric)
    return Frame(
        view=view,
        design=view.design,
        results=results,
        page=page,
        shown=shown,
        status=status_badge(view.status),
        badges=_badges(view, results, now),
        variants=variants_of(view, () if page is None else page.units),
        timeline=timeline_chart(view.phases, ends_at=view.ended_at or now),
        days=_days(view, now),
        band=band_words(view.design),
        impacts=tuple(each.value for each in Impact),
        allocations=tuple(sorted({phase.salt_version for phase in view.phases})),
    )


def _badges(
    view: ExperimentView, results: ExperimentResults | None, now: datetime
) -> tuple[Badge, ...]:
    if results is None:
        started = view.started_at is not None
        return (Badge("No data yet", "plain", "No analysis has run."),) if started else ()
    planned = view.design.schedule.ends_at
    overdue = view.ended_at is None and planned is not None and planned < now
    return badges(
        standing_of(results, view.status, decided=view.decision is not None, overdue=overdue)
    )


def _days(view: ExperimentView, now: datetime) -> float | None:
    if view.started_at is None:
        return None
    return max(((view.ended_at or now) - view.started_at).total_seconds() / _SECONDS, 0.0)


def _queries(query: Mapping[str, str]) -> Mapping[str, str]:
    """The page's own query without one parameter each, for links that set it."""
    kept = {key: value for key, value in query.items() if value}
    return {
        name: urlencode({key: value for key, value in kept.items() if key != name})
        for name in ("impact", "metric", "allocation")
    }
