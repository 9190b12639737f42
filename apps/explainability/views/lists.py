"""Judgement lists: all of them, and one with its coverage, raters and agreement."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from apps.common.errors import InvalidInput
from apps.explainability.contracts.judged import JudgementSource
from apps.explainability.domain.agreement import Level, agreement_of
from apps.explainability.domain.judgement_csv import rows_written
from apps.explainability.domain.pages.run_chart import runs_chart
from apps.explainability.selectors.judged import (
    judgement_list,
    judgement_lists,
    judgements_merged,
    query_coverage,
    rating_units,
    ratings_stream,
)
from apps.explainability.selectors.runs import runs_newest
from apps.explainability.services.lists import judgements_import, lines_of, query_add
from apps.explainability.services.rating import queries_pool
from apps.explainability.views import gate

_RUNS, _QUERIES = 60, 300
_LEVELS = {
    Level.ORDINAL: "ratings are ranks",
    Level.INTERVAL: "equal steps",
    Level.NOMINAL: "the same or not",
}


@require_safe
@gate.relevance_page(gate.VIEW)
def lists_page(request: HttpRequest) -> HttpResponse:
    """Every list."""
    context = {"here": "lists", "lists": judgement_lists(), "query": request.GET.get("query", "")}
    return render(request, "relevance/lists.html", context)


@require_safe
@gate.relevance_page(gate.VIEW)
def list_page(request: HttpRequest, list_id: int) -> HttpResponse:
    """One list."""
    view = judgement_list(list_id)
    runs = runs_newest(list_id=list_id, limit=_RUNS)
    coverage = query_coverage(list_id)
    agreement = agreement_of(rating_units(list_id), top=view.scale)
    context = {
        "here": "lists",
        "list": view,
        "human": view.source is JudgementSource.HUMAN,
        "coverage": coverage[:_QUERIES],
        "more": max(len(coverage) - _QUERIES, 0),
        "to_rate": sum(wanted for _, wanted, _, _ in coverage),
        "rated": sum(rated for _, _, rated, _ in coverage),
        "answerable": sum(relevant > 0 for _, _, _, relevant in coverage),
        "agreement": agreement,
        "alphas": [(level.value, _LEVELS[level], agreement.alpha[level]) for level in _LEVELS],
        "chart": runs_chart(runs),
        "runs": runs[:10],
    }
    return render(request, "relevance/list.html", context)


@require_POST
@gate.relevance_page(gate.IMPORT)
def list_import(request: HttpRequest, list_id: int) -> HttpResponse:
    """A CSV; all of it or nothing."""
    handle = request.FILES.get("file")
    if handle is None:
        raise InvalidInput("Choose a CSV file.", field="file")
    report = judgements_import(
        list_id=list_id, lines=lines_of(handle), actor=cast("AbstractBaseUser", request.user)
    )
    said = f"{report.rows} lines: {report.stored} ratings stored, {report.unchanged} there already"
    if report.unknown_products:
        said += f", {report.unknown_products} products not in the catalogue"
    messages.success(request, f"{said}.")
    return redirect("relevance-list", list_id)


@require_safe
@gate.relevance_page(gate.EXPORT)
def list_export(request: HttpRequest, list_id: int) -> StreamingHttpResponse:
    """`query,product_id,rating`; with `?raters=1` every rater's own, and whose."""
    view = judgement_list(list_id)
    by_rater = request.GET.get("raters") == "1"
    rows = (
        rows_written(ratings_stream(list_id), raters=True)
        if by_rater
        else rows_written(judgements_merged(list_id))
    )
    response = StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8")
    name = "".join(each if each.isalnum() else "-" for each in view.name)
    response["Content-Disposition"] = f'attachment; filename="judgements-{name}.csv"'
    return response


@require_POST
@gate.relevance_page(gate.RATE)
def list_query(request: HttpRequest, list_id: int) -> HttpResponse:
    """Put a query on the list, collect its candidates, and rate them."""
    actor = cast("AbstractBaseUser", request.user)
    query = query_add(list_id=list_id, query=request.POST.get("query", ""), actor=actor)
    queries_pool(list_id=list_id, queries=(query,))
    response = redirect("relevance-rate", list_id)
    response["Location"] += f"?{_asked(query)}"
    return response


def _asked(query: str) -> str:
    from urllib.parse import urlencode

    return urlencode({"query": query})


@require_POST
@gate.relevance_page(gate.RATE)
def list_pool(request: HttpRequest, list_id: int) -> HttpResponse:
    """Queue the job that collects candidates for queries that have none."""
    from apps.jobs.services import run_request

    judgement_list(list_id)
    actor = cast("AbstractBaseUser", request.user)
    run_request(job_name="pool_candidates", params={"list": list_id}, actor=actor)
    messages.success(request, "Candidates are being collected; look again in a moment.")
    return redirect("relevance-list", list_id)
