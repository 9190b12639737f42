"""A report as PDF."""

from collections.abc import Sequence

from apps.experiments.domain.pages.page import PreferenceView
from apps.experiments.domain.pages.report import Report
from apps.experiments.domain.pages.rows import Cell, ResultRow, ResultTable
from apps.experiments.engines.paper import ACCENT, BAD, SOFT, Paper

_WIDTHS = (25, 16, 24, 25, 23, 17, 34, 18)
_PHASES = (12, 28, 28, 17, 17, 24, 10, 14, 32)
_CHART = 150.0


def report_pdf(report: Report) -> bytes:
    """The whole report; its last pages say what every number was computed from."""
    paper = Paper(title=report.title, footer=report.footer)
    _head(paper, report)
    _results(paper, report)
    _charts(paper, report)
    _health(paper, report)
    _setup(paper, report)
    _origins(paper, report)
    return bytes(paper.output())


def _head(paper: Paper, report: Report) -> None:
    paper.words(f"{report.key}   {' · '.join(report.badges)}", size=8, colour=SOFT)
    paper.words(report.title, size=18, bold=True)
    if report.hypothesis:
        paper.ln(1)
        paper.words(report.hypothesis, size=9.5)
    if report.warning:
        paper.ln(3)
        paper.words("Do not read these results yet", size=12, bold=True, colour=BAD)
        for reason in report.warning:
            paper.words(f"• {reason}", colour=BAD)
    paper.ln(3)
    paper.words(report.over, size=8, colour=SOFT)
    paper.words(report.headline, size=13, bold=True, colour=ACCENT)
    for reason in report.reasons:
        paper.words(f"• {reason}")


def _results(paper: Paper, report: Report) -> None:
    page = report.page
    paper.heading("Results")
    paper.words(report.plan, size=8, colour=SOFT)
    paper.ln(1.5)
    wait = bool(report.warning)
    if page.table.metrics:
        _table(paper, page.table, "Metric", wait=wait)
    else:
        paper.words("No metric has a result.", colour=SOFT)
    if page.guardrails.metrics:
        paper.heading("Guardrails")
        _table(paper, page.guardrails, "Metric", wait=wait)
    if page.preference is not None:
        _preference(paper, page.preference)
    for dimension in page.dimensions:
        paper.heading(f"By {dimension.name} (exploratory, not corrected)")
        _table(paper, dimension.table, dimension.name, wait=wait)


def _table(paper: Paper, table: ResultTable, first: str, *, wait: bool) -> None:
    rows = [
        (
            first,
            "Variant",
            "Control",
            "Value",
            table.evidence_head,
            "Change",
            "Interval",
            "Verdict",
        )
    ]
    for metric in table.metrics:
        for place, row in enumerate(metric.rows):
            title = metric.title if place == 0 else ""
            rows.append((title, row.name, *_cells(row), _verdict(row, wait=wait)))
    paper.grid(rows, _WIDTHS, right=(2, 3, 4, 5, 6))
    drawn = [
        (f"{metric.title}: {row.name}", row.picture, row.change.text)
        for metric in table.metrics
        for row in metric.rows
        if row.picture is not None
    ]
    paper.forest(drawn, axis=table.axis if drawn else None)


def _cells(row: ResultRow) -> tuple[str, str, str, str, str]:
    control, treatment = _two(row.control), _two(row.treatment)
    if row.state:
        return control, treatment, "–", "–", row.state  # noqa: RUF001 - what stands for no value
    return control, treatment, _two(row.evidence), row.change.text, row.change.beneath


def _two(cell: Cell) -> str:
    return f"{cell.text}\n{cell.beneath}" if cell.beneath else cell.text


def _verdict(row: ResultRow, *, wait: bool) -> str:
    return "Not to be read yet" if wait and row.tone != "breached" else row.verdict


def _preference(paper: Paper, found: PreferenceView) -> None:
    paper.heading("Interleaving")
    paper.words(found.state or found.verdict, bold=True)
    rows = [("Ranking", "Units that prefer it", "Clicks credited")]
    rows += [(name, wins, clicks) for name, wins, clicks in found.wins]
    paper.grid(rows, (60, 40, 40), right=(1, 2))
    paper.words(
        f"Preference for the treatment {found.preference} ({found.level}: {found.interval}), "
        f"p {found.p} by an exact sign test; {found.ties} units undecided."
    )


def _charts(paper: Paper, report: Report) -> None:
    page = report.page
    charts = [*page.effects, page.allocation, page.daily, page.cumulative]
    if page.preference is not None:
        charts.insert(0, page.preference.chart)
    shown = [chart for chart in charts if chart is not None]
    if shown:
        paper.heading("Over time", room=90)
    for chart in shown:
        paper.figure(chart, width=_CHART)


def _health(paper: Paper, report: Report) -> None:
    paper.heading("Health")
    rows = [("Check", "Where", "Verdict", "p", "What was found")]
    rows += [
        (group.title, line.scope, line.verdict, line.p, line.message)
        for group in report.page.health
        for line in group.lines
    ]
    paper.grid(rows, (34, 28, 26, 16, 78))


def _setup(paper: Paper, report: Report) -> None:
    paper.heading("Setup")
    rows: list[Sequence[str]] = [("Variant", "What it does", "Weight", "Units")]
    paper.grid([*rows, *report.variants], (36, 100, 20, 26), right=(2, 3))
    paper.grid([("What", "Value"), *report.facts], (50, 132))
    if report.timeline is not None:
        paper.figure(report.timeline)
        paper.grid(
            [report.timeline.columns, *report.timeline.rows], (12, 28, 28, 17, 17, 24, 10, 14, 32)
        )


def _origins(paper: Paper, report: Report) -> None:
    page = report.page
    origins = [*page.table.origins, *page.guardrails.origins]
    if not origins:
        return
    paper.heading("What each number was computed from")
    rows = [("Number", "Formula, method, level", "Inputs and results")]
    for origin in origins:
        level = f"Level {origin.level}." if origin.level else ""
        method = f"{origin.formula}. {origin.method}. {level}"
        inputs = "; ".join(f"{name} {value}" for name, value in origin.lines)
        rows.append((origin.title, method, inputs))
    paper.grid(rows, (40, 58, 84))
