"""Downloads: reports as HTML and PDF, results and day rows as CSV and JSON."""

import json

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from apps.access.services import audit_record
from apps.common.errors import Forbidden, NotFound
from apps.experiments.contracts.results import ExperimentResults
from apps.experiments.domain.analysis.documents import results_document
from apps.experiments.domain.pages.exports import (
    DAY_COLUMNS,
    RESULT_COLUMNS,
    day_rows,
    file_stem,
    result_rows,
    table_csv,
)
from apps.experiments.domain.pages.page import ResultsPage
from apps.experiments.domain.pages.report import report_of
from apps.experiments.selectors.experiments import experiment_view
from apps.experiments.selectors.rollups import rollup_rows
from apps.experiments.services.exports import ExportFormat, ExportTable, export_stream
from apps.experiments.views.detail import Frame, Shown, frame, impact_read, shown_results
from apps.experiments.views.gate import UNITS, analyst_page

_UNIT_TABLES = {"exposures": ExportTable.EXPOSURES, "units": ExportTable.UNIT_METRICS}
_STYLES = ("frame.css", "results.css", "charts.css")


@require_safe
@analyst_page
def experiment_report(request: HttpRequest, key: str, kind: str) -> HttpResponse:
    """The report of the analysis that the page shows."""
    if kind not in {"html", "pdf"}:
        raise Http404("There is no such report.")
    shown = shown_results(request, key)
    framed = frame(experiment_view(key), shown, impact_read(request))
    results, page = framed.results, framed.page
    if results is None or page is None:
        raise NotFound("No analysis has been computed yet.")
    stem = file_stem(key, results.as_of)
    if kind == "html":
        return _attached(_report_html(framed), "text/html; charset=utf-8", f"{stem}.html")
    return _attached(_report_pdf(framed, results, page), "application/pdf", f"{stem}.pdf")


def _report_html(framed: Frame) -> str:
    folder = settings.BASE_DIR / "static" / "experiments"
    styles = "\n".join((folder / name).read_text(encoding="utf-8") for name in _STYLES)
    # Our own style sheets, which hold nothing that ends a style element.
    inlined = mark_safe(styles)  # noqa: S308
    return render_to_string(
        "experiments/report.html",
        {
            **framed.context(),
            "styles": inlined,
            "standalone": True,
            "written_at": timezone.now(),
            "unreadable": framed.results is not None and not framed.results.readable,
        },
    )


def _report_pdf(framed: Frame, results: ExperimentResults, page: ResultsPage) -> bytes:
    # The writer and its letters are loaded only by those who ask for paper.
    from apps.experiments.engines.report_pdf import report_pdf

    return report_pdf(
        report_of(
            framed.view,
            results,
            page,
            badges=(framed.status, *framed.badges),
            variants=tuple((v.name, v.payload, v.weight, v.units) for v in framed.variants),
            timeline=framed.timeline,
            written_at=timezone.now(),
        )
    )


def _attached(content: str | bytes, kind: str, name: str) -> HttpResponse:
    # Always a download: shown in place, its inlined style would meet our content policy.
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_safe
@analyst_page
def experiment_export(request: HttpRequest, key: str, kind: str) -> HttpResponseBase:
    """One file of plain numbers."""
    if kind in {"results.csv", "results.json"}:
        return _results(key, kind, shown_results(request, key))
    if kind in {"days.csv", "days.jsonl"}:
        return _days(key, kind)
    name, _, form = kind.partition(".")
    if name in _UNIT_TABLES and form in set(ExportFormat):
        return _units(request, key, _UNIT_TABLES[name], ExportFormat(form))
    raise Http404("There is no such export.")


def _results(key: str, kind: str, shown: Shown) -> HttpResponse:
    results = shown.results
    if results is None:
        raise NotFound("No analysis has been computed yet.")
    name = f"{file_stem(key, results.as_of)}-{kind}"
    if kind == "results.json":
        document = json.dumps(results_document(results), ensure_ascii=False, indent=1)
        return _attached(document, "application/json", name)
    return _attached(
        table_csv(RESULT_COLUMNS, result_rows(results)), "text/csv; charset=utf-8", name
    )


def _units(
    request: HttpRequest, key: str, table: ExportTable, form: ExportFormat
) -> StreamingHttpResponse:
    """Rows of single units: for those who may see raw events, and the audit trail keeps it.

    Raises:
        Forbidden: they may not.
    """
    if not request.user.has_perm(UNITS):
        raise Forbidden("Rows of single units need the permission to see events.")
    pieces = export_stream(key=key, table=table, form=form)
    audit_record(
        actor=request.user,
        action="export",
        subject_type="experiment",
        subject_id=key,
        after={"table": table.value, "format": form.value},
    )
    response = StreamingHttpResponse(pieces, content_type=form.content_type)
    name = f"{file_stem(key, timezone.now())}-{table.value}.{form.value}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _days(key: str, kind: str) -> HttpResponse:
    view = experiment_view(key)
    rows = day_rows(key, rollup_rows(experiment_id=view.id))
    name = f"{file_stem(key, timezone.now())}-{kind}"
    if kind == "days.csv":
        return _attached(table_csv(DAY_COLUMNS, rows), "text/csv; charset=utf-8", name)
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return _attached(lines, "application/x-ndjson", name)
