"""Result tables from results."""

from collections.abc import Sequence
from itertools import pairwise

from apps.experiments.contracts.design import MetricRole
from apps.experiments.contracts.metrics import Direction
from apps.experiments.contracts.results import MetricResult
from apps.experiments.domain.charts.intervals import axis_picture, bound_size
from apps.experiments.domain.charts.scales import span_common
from apps.experiments.domain.pages import formats
from apps.experiments.domain.pages.cells import Compared, row
from apps.experiments.domain.pages.origins import OriginView, arm_origin
from apps.experiments.domain.pages.rows import (
    Impact,
    MetricRows,
    ResultRow,
    ResultTable,
    TableOptions,
)


def result_table(metrics: Sequence[MetricResult], options: TableOptions) -> ResultTable:
    """The table of some metrics."""
    half = _half(metrics) if options.impact is Impact.RELATIVE else None
    origins: list[OriginView] = []
    rows = tuple(_metric_rows(metric, options, half, origins) for metric in metrics)
    bayesian = any(each.chance_to_win is not None for m in metrics for each in m.comparisons)
    return ResultTable(
        metrics=rows,
        axis=None if half is None else axis_picture(half),
        evidence_head="Chance to win" if bayesian else "p-value",
        origins=tuple(origins),
    )


def _half(metrics: Sequence[MetricResult]) -> float:
    effects = [each.relative for metric in metrics for each in metric.comparisons]
    sizes = [bound_size(effect) for effect in effects if effect is not None]
    first = [e.relative for m in metrics[:1] for e in m.comparisons if e.relative is not None]
    least = max((bound_size(effect) for effect in first), default=0.0)
    margins = max((m.margin for m in metrics if m.role is MetricRole.GUARDRAIL), default=0.0)
    return span_common(sizes, least=1.1 * max(least, margins))


def _metric_rows(
    metric: MetricResult,
    options: TableOptions,
    half: float | None,
    origins: list[OriginView],
) -> MetricRows:
    origins += [
        arm_origin(metric, arm, options.name(arm.variant), options.prefix) for arm in metric.arms
    ]
    rows: list[ResultRow] = []
    for comparison in metric.comparisons:
        compared = Compared(metric, comparison, options, half)
        origin = compared.origin()
        origins += [] if origin is None else [origin]
        rows.append(row(compared, "" if origin is None else origin.key))
    guardrail = metric.role is MetricRole.GUARDRAIL
    return MetricRows(
        key=metric.key,
        title=metric.title,
        role=metric.role.value,
        kind=metric.kind.value,
        goal="lower is better" if metric.direction is Direction.DOWN else "higher is better",
        margin=formats.share_written(metric.margin) if guardrail else "",
        rows=tuple(rows),
        steps=_steps(metric, options),
    )


def _steps(metric: MetricResult, options: TableOptions) -> tuple[tuple[str, ...], ...]:
    """A funnel's units per step, with the share of those who took the step before."""
    if not metric.steps:
        return ()
    longest = max(len(reached) for reached in metric.steps.values())
    head = ("Variant", *(f"Step {place}" for place in range(1, longest + 1)))
    body = []
    order = [*(arm.variant for arm in metric.arms), *metric.steps]
    for variant in dict.fromkeys(each for each in order if each in metric.steps):
        reached = metric.steps[variant]
        cells = [formats.count(reached[0])] if reached else []
        for before, after in pairwise(reached):
            share = formats.percent(after / before) if before else formats.NO_VALUE
            cells.append(f"{formats.count(after)} ({share})")
        body.append((options.name(variant), *cells))
    return (head, *body)
