"""Reads of stored evaluations."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from apps.common.errors import Conflict, NotFound
from apps.explainability.contracts.judged import (
    PUBLISHED,
    EvaluationStatus,
    MetricFigure,
    QueryScore,
    RunView,
)
from apps.explainability.domain.comparing import RunComparison, runs_compare
from apps.explainability.domain.configurations import configuration_json, configuration_of
from apps.explainability.models import EvaluationRun, EvaluationScore

FINISHED = EvaluationStatus.FINISHED.value


def runs_newest(
    *, list_id: int | None = None, status: str = "", limit: int = 50, offset: int = 0
) -> list[RunView]:
    """Runs, newest first; one statement."""
    rows = _rows(list_id, status)
    return [run_of(row) for row in rows[offset : offset + limit]]


def runs_count(*, list_id: int | None = None, status: str = "") -> int:
    """How many there are."""
    return _rows(list_id, status).count()


def _rows(list_id: int | None, status: str) -> QuerySet[EvaluationRun]:
    rows = EvaluationRun.objects.select_related("judgement_list", "requested_by")
    if list_id is not None:
        rows = rows.filter(judgement_list=list_id)
    return rows.filter(status=status) if status else rows


def run_view(run_id: int) -> RunView:
    """One run.

    Raises:
        NotFound: there is none.
    """
    row = _rows(None, "").filter(pk=run_id).first()
    if row is None:
        raise NotFound("There is no such run.")
    return run_of(row)


def run_published_newest(list_id: int) -> RunView | None:
    """The newest finished run of what was published then; None: there is none."""
    wanted = configuration_json(PUBLISHED)
    row = _rows(list_id, FINISHED).filter(configuration=wanted).first()
    return None if row is None else run_of(row)


def run_scores(run_id: int) -> list[QueryScore]:
    """Every query of a run by name; one statement."""
    rows = EvaluationScore.objects.filter(run=run_id).order_by("query")
    found = rows.values_list("query", "ranked", "scores")
    return [QueryScore(query, tuple(ranked), scores) for query, ranked, scores in found]


def runs_compared(before: RunView, after: RunView) -> RunComparison:
    """Two finished runs of the same judgements, query by query.

    Raises:
        Conflict: one of them is not finished, or they were judged by other ratings.
    """
    for run in (before, after):
        if run.status is not EvaluationStatus.FINISHED:
            raise Conflict(f"Run {run.id} is {run.status.value}.", code="run_not_finished")
    if before.judged_as != after.judged_as:
        raise Conflict(
            "These runs were measured by different ratings; run both again.",
            code="judged_differently",
        )
    return runs_compare(run_scores(before.id), run_scores(after.id))


def run_of(row: EvaluationRun) -> RunView:
    """The row as others see it."""
    return RunView(
        id=row.pk,
        list_id=row.judgement_list_id,
        list_name=row.judgement_list.name,
        label=row.label,
        configuration=configuration_of(row.configuration),
        words=row.words,
        versions=row.versions,
        judged_as=row.judged_as,
        status=EvaluationStatus(row.status),
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        requested_by=row.requested_by.get_username() if row.requested_by else "",
        queries=row.queries,
        judgements=row.judgements,
        figures=_figures(row.figures),
        error=row.error,
    )


def _figures(stored: Mapping[str, Any]) -> dict[str, MetricFigure]:
    return {key: MetricFigure(*values) for key, values in stored.items()}
