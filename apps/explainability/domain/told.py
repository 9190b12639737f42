"""Runs and comparisons as documents: the command's `--json` and the API say the same."""

from collections.abc import Sequence
from datetime import datetime

from apps.common.domain.relevance import NotComputable
from apps.explainability.contracts.judged import Json, ListView, QueryScore, RunView
from apps.explainability.domain.comparing import (
    GateVerdict,
    MetricComparison,
    Mover,
    RunComparison,
)
from apps.explainability.domain.configurations import configuration_json
from apps.explainability.domain.metrics import definitions

Document = dict[str, Json]


def list_told(view: ListView) -> Document:
    """A judgement list."""
    return {
        "id": view.id,
        "name": view.name,
        "description": view.description,
        "scale": view.scale,
        "source": view.source.value,
        "how": view.how,
        "gate": view.gate,
        "queries": view.queries,
        "judgements": view.judgements,
        "raters": list(view.raters),
        "changed_at": _moment(view.changed_at),
    }


def run_told(run: RunView, scores: Sequence[QueryScore] | None = None) -> Document:
    """A run; with its queries where they are given."""
    found: Document = {
        "id": run.id,
        "list": run.list_name,
        "label": run.label,
        "configuration": configuration_json(run.configuration),
        "words": run.words,
        "status": run.status.value,
        "error": run.error,
        "requested_by": run.requested_by,
        "created_at": _moment(run.created_at),
        "started_at": _moment(run.started_at),
        "finished_at": _moment(run.finished_at),
        "judged_as": run.judged_as,
        "versions": dict(run.versions),
        "queries": run.queries,
        "judgements": run.judgements,
        "metrics": {
            key: {"mean": figure.mean, "low": figure.low, "high": figure.high}
            for key, figure in run.figures.items()
        },
    }
    if scores is not None:
        found["definitions"] = definitions()
        found["scores"] = [
            {"query": each.query, "metrics": dict(each.scores), "ranked": list(each.ranked)}
            for each in scores
        ]
    return found


def gate_told(
    before: RunView, after: RunView, comparison: RunComparison, verdict: GateVerdict
) -> Document:
    """Two runs, every metric's paired test, and who moved."""
    return {
        "before": run_told(before),
        "after": run_told(after),
        "queries": comparison.queries,
        "fell": verdict.fell,
        "rose": verdict.rose,
        "words": verdict.words,
        "metrics": {each.key: _metric(each) for each in comparison.metrics},
        "best": [_mover(each) for each in comparison.best],
        "worst": [_mover(each) for each in comparison.worst],
        "unmoved": comparison.unmoved,
        "definitions": definitions(),
    }


def _metric(metric: MetricComparison) -> Document:
    tested = metric.tested
    found: Document = {
        "before": metric.before,
        "after": metric.after,
        "better": metric.better,
        "worse": metric.worse,
    }
    if isinstance(tested, NotComputable):
        empty = dict.fromkeys(("difference", "low", "high", "p_value"))
        return {**found, **empty, "state": tested.reason}
    return {
        **found,
        "difference": tested.difference,
        "low": tested.low,
        "high": tested.high,
        "p_value": tested.p_value,
        "state": "",
    }


def _mover(mover: Mover) -> Document:
    return {
        "query": mover.query,
        "before": mover.before,
        "after": mover.after,
        "change": mover.change,
    }


def _moment(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()
