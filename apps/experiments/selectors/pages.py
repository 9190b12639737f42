"""Reads of the result pages: constant in statements, however many experiments there are."""

import math
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Count,
    DateTimeField,
    F,
    FilteredRelation,
    IntegerField,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Coalesce

from apps.common.errors import NotFound
from apps.experiments.contracts.assignment import Status
from apps.experiments.contracts.pages import (
    PER_PAGE,
    ExperimentLine,
    LineFilter,
    LinePage,
    RecordedUnit,
    StoredAnalysis,
)
from apps.experiments.contracts.results import Action, HealthStatus
from apps.experiments.domain.analysis.documents import results_read
from apps.experiments.models import Analysis, Experiment, Unit

_OPEN = (Status.RUNNING.value, Status.PAUSED.value)
_FINAL = (Action.SHIP.value, Action.ROLL_BACK.value)
_ORDERS: Mapping[str, tuple[str, ...]] = {
    "attention": ("-needed", "urgency", "-created_at", "-id"),
    "newest": ("-created_at", "-id"),
    "longest": ("started_at", "-id"),
    "units": ("-units", "-id"),
    "name": ("name", "key"),
}
_COLUMNS = (
    "key", "name", "status", "kind", "surface", "unit", "created_at", "started_at", "ended_at",
    "owner__username", "planned_end", "opened__number", "opened__coverage", "last__action",
    "last__headline", "last__health", "last__alarms", "last__readable", "units", "last__as_of",
    "days_left", "decision__outcome",
)  # fmt: skip


def experiment_lines(wanted: LineFilter, *, now: datetime) -> LinePage:
    """One page of the list, with the counts above it."""
    everything = _annotated(now)
    matching = _filtered(everything, wanted)
    found = matching.count()
    pages = max(1, math.ceil(found / PER_PAGE))
    page = min(max(wanted.page, 1), pages)
    order = _ORDERS.get(wanted.sort, _ORDERS["attention"])
    rows = matching.order_by(*order).values(*_COLUMNS)[(page - 1) * PER_PAGE : page * PER_PAGE]
    counts = everything.aggregate(
        needed_count=Count("id", filter=Q(needed=True)),
        **{status.value: Count("id", filter=Q(status=status.value)) for status in Status},
    )
    surfaces = Experiment.objects.order_by("surface").values_list("surface", flat=True)
    return LinePage(
        lines=tuple(_line(row) for row in rows),
        found=found,
        page=page,
        pages=pages,
        statuses={status.value: counts[status.value] for status in Status},
        attention=counts["needed_count"],
        surfaces=tuple(surfaces.distinct()),
    )


def _annotated(now: datetime) -> QuerySet[Any]:
    """Experiments with their latest analysis and open phase: one row each by constraint."""
    schedule = KeyTransform("schedule", "live__design")
    recommendation = KeyTransform("recommendation", "last__document")
    rows = Experiment.objects.annotate(
        last=FilteredRelation("analyses", condition=Q(analyses__latest=True)),
        opened=FilteredRelation("phases", condition=Q(phases__ends_at__isnull=True)),
    ).annotate(
        units=Coalesce(F("last__units"), Value(0)),
        planned_end=Cast(KeyTextTransform("ends_at", schedule), DateTimeField()),
        days_left=KeyTextTransform("days_left", recommendation),
    )
    return rows.annotate(
        needed=Case(When(_needed(now), then=True), default=False, output_field=BooleanField()),
        urgency=Case(
            When(last__health=HealthStatus.ALARM.value, status__in=_OPEN, then=0),
            When(status=Status.IN_REVIEW.value, then=1),
            When(status__in=_OPEN, then=2),
            default=3,
            output_field=IntegerField(),
        ),
    )


def _needed(now: datetime) -> Q:
    """The same rules as `domain.pages.badges.attention`, which words them."""
    undecided = Q(decision__isnull=True)
    return (
        Q(status__in=[Status.IN_REVIEW.value, Status.PAUSED.value])
        | (Q(last__health=HealthStatus.ALARM.value) & ~Q(status__in=["archived", "draft"]))
        | (Q(status=Status.COMPLETED.value) & undecided)
        | (Q(status=Status.RUNNING.value, planned_end__lt=now) & undecided)
        | (Q(status=Status.RUNNING.value, units=0) & undecided)
        | (
            Q(status=Status.RUNNING.value, last__readable=True, last__action__in=_FINAL)
            & undecided
        )
    )


def _filtered(rows: QuerySet[Any], wanted: LineFilter) -> QuerySet[Any]:
    if wanted.text:
        named = Q(key__icontains=wanted.text) | Q(name__icontains=wanted.text)
        rows = rows.filter(named | Q(owner__username__icontains=wanted.text))
    exact = {
        "status": wanted.status,
        "surface": wanted.surface,
        "kind": wanted.kind,
        "last__health": wanted.health,
    }
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    return rows.filter(needed=True) if wanted.attention else rows


def _line(row: Mapping[str, Any]) -> ExperimentLine:
    action, health = row["last__action"], row["last__health"]
    return ExperimentLine(
        key=row["key"],
        name=row["name"],
        status=Status(row["status"]),
        kind=row["kind"],
        surface=row["surface"],
        unit=row["unit"],
        owner=row["owner__username"] or "",
        created_at=row["created_at"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        planned_end=row["planned_end"],
        phase=row["opened__number"],
        coverage=row["opened__coverage"],
        action=Action(action) if action else None,
        headline=row["last__headline"] or "",
        health=HealthStatus(health) if health else None,
        alarms=tuple(row["last__alarms"] or ()),
        readable=bool(row["last__readable"]),
        units=row["units"],
        days_left=None if row["days_left"] is None else float(row["days_left"]),
        as_of=row["last__as_of"],
        decision=row["decision__outcome"] or "",
    )


def analysis_stored(*, key: str, analysis_id: int | None = None) -> StoredAnalysis | None:
    """The latest analysis of an experiment, or one of its frozen ones; None before the first.

    Raises:
        NotFound: the experiment has no analysis of that id.
    """
    rows = Analysis.objects.filter(experiment__key=key)
    if analysis_id is None:
        row = rows.filter(latest=True).first()
    else:
        row = rows.filter(pk=analysis_id).first()
        if row is None:
            raise NotFound("There is no such analysis.")
    if row is None:
        return None
    return StoredAnalysis(
        id=row.pk,
        as_of=row.as_of,
        computed_at=row.computed_at,
        frozen=row.frozen,
        results=results_read(row.document),
    )


def units_recorded(*, experiment_id: int, units: Collection[str]) -> tuple[RecordedUnit, ...]:
    """What the roll-up knows of a unit under its canonical names, newest allocation first."""
    rows = Unit.objects.filter(experiment_id=experiment_id, unit__in=list(units))
    return tuple(
        RecordedUnit(
            unit=row.unit,
            salt_version=row.salt_version,
            phase=row.phase,
            variant=row.variant,
            first_exposed_at=row.first_exposed_at,
            exposures=row.exposures,
            multiple=row.multiple,
        )
        for row in rows.order_by("-salt_version", "unit")
    )
