"""Stored evaluations: over time, one by one, and two beside each other."""

from collections.abc import Mapping
from typing import cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from apps.catalog.contracts import ProductDocument
from apps.catalog.selectors import documents_by_pk, pks_by_product_id
from apps.common.errors import InvalidInput
from apps.explainability.contracts.judged import ConfigurationInvalid, QueryScore
from apps.explainability.domain.comparing import Mover, gate_verdict
from apps.explainability.domain.configurations import configuration_parse
from apps.explainability.domain.metrics import METRICS, definitions
from apps.explainability.domain.pages.compare import metric_lines
from apps.explainability.domain.pages.run_chart import NO_FIGURE, runs_chart
from apps.explainability.selectors.judged import judgement_list, judgement_lists
from apps.explainability.selectors.runs import (
    run_scores,
    run_view,
    runs_compared,
    runs_newest,
)
from apps.explainability.services.configured import draft_kinds
from apps.explainability.services.evaluations import evaluation_request
from apps.explainability.services.reconciling import runs_reconcile
from apps.explainability.views import gate
from apps.search.services.systems import SYSTEMS

_RUNS = 100
_SHOWN = 10
_MOST_ID = 10


@require_safe
@gate.relevance_page(gate.SEE_RUNS)
def runs_page(request: HttpRequest) -> HttpResponse:
    """The runs of one list (the first, when none is asked for) over time."""
    runs_reconcile()
    lists = judgement_lists()
    asked = _number(request.GET, "list")
    view = judgement_list(asked) if asked else (lists[0] if lists else None)
    runs = runs_newest(list_id=view.id, limit=_RUNS) if view else []
    context = {
        "here": "runs",
        "lists": lists,
        "list": view,
        "chart": runs_chart(runs),
        "lines": [
            (run, [run.figures.get(each.key, NO_FIGURE) for each in METRICS]) for run in runs
        ],
        "metrics": METRICS,
        "definitions": definitions(),
        "systems": [*SYSTEMS],
        "kinds": draft_kinds(),
        "configuration": request.GET.get("configuration", "")[:500],
    }
    return render(request, "relevance/runs.html", context)


@require_POST
@gate.relevance_page(gate.RUN)
def run_start(request: HttpRequest) -> HttpResponse:
    """Store a run and queue its job."""
    list_id = _number(request.POST, "list")
    try:
        configuration = configuration_parse(request.POST.get("configuration", ""))
    except ConfigurationInvalid as error:
        raise InvalidInput(str(error), field=error.field) from error
    run_id = evaluation_request(
        list_id=list_id,
        configuration=configuration,
        label=request.POST.get("label", ""),
        actor=cast("AbstractBaseUser", request.user),
    )
    messages.success(request, f"Run {run_id} is queued.")
    return redirect(f"{reverse('relevance-runs')}?{urlencode({'list': list_id})}")


@require_safe
@gate.relevance_page(gate.SEE_RUNS)
def run_page(request: HttpRequest, run_id: int) -> HttpResponse:
    """One run, query by query, the worst first."""
    runs_reconcile()
    run = run_view(run_id)
    scores = sorted(run_scores(run_id), key=_worst_first)
    others = [
        each for each in runs_newest(list_id=run.list_id, status="finished") if each.id != run_id
    ]
    context = {
        "here": "runs",
        "run": run,
        "lines": [(each, [each.scores.get(metric.key) for metric in METRICS]) for each in scores],
        "figures": [(metric, run.figures.get(metric.key, NO_FIGURE)) for metric in METRICS],
        "metrics": METRICS,
        "definitions": definitions(),
        "others": [each for each in others if each.judged_as == run.judged_as],
    }
    return render(request, "relevance/run.html", context)


def _worst_first(score: QueryScore) -> tuple[float, str]:
    return score.scores.get("ndcg@10", 2.0), score.query


@require_safe
@gate.relevance_page(gate.SEE_RUNS)
def compare_page(request: HttpRequest) -> HttpResponse:
    """Two runs: the paired test of every metric, and the queries that moved most."""
    before, after = (run_view(_number(request.GET, name)) for name in ("before", "after"))
    comparison = runs_compared(before, after)
    verdict = gate_verdict(comparison, alpha=settings.RELEVANCE_GATE_ALPHA)
    documents = _documents((*comparison.best[:_SHOWN], *comparison.worst[:_SHOWN]))
    context = {
        "here": "runs",
        "before": before,
        "after": after,
        "comparison": comparison,
        "verdict": verdict,
        "lines": metric_lines(comparison),
        "movers": [
            ("Won most", "better", [_shown(each, documents) for each in comparison.best]),
            ("Lost most", "worse", [_shown(each, documents) for each in comparison.worst]),
        ],
        "definitions": definitions(),
    }
    return render(request, "relevance/compare.html", context)


def _documents(movers: tuple[Mover, ...]) -> Mapping[str, ProductDocument]:
    wanted = {product for each in movers for product in (*each.ranked_before, *each.ranked_after)}
    found = documents_by_pk(pks_by_product_id(wanted).values())
    return {document.product_id: document for document in found.values()}


def _shown(mover: Mover, documents: Mapping[str, ProductDocument]) -> dict[str, object]:
    """A mover, and the titles of what stood on its first page before and after."""

    def titled(ranked: tuple[str, ...]) -> list[tuple[str, bool]]:
        others = mover.ranked_after if ranked is mover.ranked_before else mover.ranked_before
        return [
            (documents[each].title if each in documents else each, each not in others)
            for each in ranked
        ]

    return {
        "mover": mover,
        "before": titled(mover.ranked_before),
        "after": titled(mover.ranked_after),
    }


def _number(sent: Mapping[str, str], name: str) -> int:
    """A row's number in the request; 0 where there is none.

    Raises:
        InvalidInput: something else stands there.
    """
    value = sent.get(name, "")
    if not value:
        return 0
    if not (value.isascii() and value.isdigit() and len(value) < _MOST_ID):
        raise InvalidInput(f"{name} is a number.", field=name)
    return int(value)
