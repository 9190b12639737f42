"""Results as tables of plain numbers, for a spreadsheet or a notebook."""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from apps.common.domain.spreadsheet import formula_guarded
from apps.experiments.contracts.results import Comparison, Effect, ExperimentResults, MetricResult
from apps.experiments.contracts.rollups import RollupKey, RollupSums

RESULT_COLUMNS = (
    "experiment", "as_of", "readable", "metric", "metric_version", "role", "kind", "direction",
    "variant", "control_n", "control_numerator", "control_denominator", "control_value", "n",
    "numerator", "denominator", "value", "standard_error", "absolute", "absolute_low",
    "absolute_high", "relative", "relative_low", "relative_high", "scaled", "scaled_low",
    "scaled_high", "p_value", "adjusted_p_value", "chance_to_win", "expected_loss", "significant",
    "verdict", "guardrail_safe", "guardrail_breached", "guardrail_p_value", "margin", "cuped",
    "variance_reduction", "method", "alpha", "state",
)  # fmt: skip
DAY_COLUMNS = (
    "experiment", "phase", "variant", "metric", "dimension", "value", "day", "n", "rows", "m",
    "mm", "d", "dd", "md", "x", "xx", "mx", "dx", "z", "zz", "xz", "mz", "dz", "steps", "cap",
)  # fmt: skip
Plain = str | int | float | bool | None | list[float] | list[int]


def result_rows(results: ExperimentResults) -> list[dict[str, Plain]]:
    """One row per metric and treatment, every number in full."""
    return [
        _result_row(results, metric, comparison)
        for metric in results.metrics
        for comparison in metric.comparisons
    ]


def _result_row(
    results: ExperimentResults, metric: MetricResult, comparison: Comparison
) -> dict[str, Plain]:
    arms = {arm.variant: arm for arm in metric.arms}
    control, arm = arms.get(results.variants[0]), arms.get(comparison.variant)
    origin, state = comparison.origin, comparison.state
    return {
        "experiment": results.key,
        "as_of": results.as_of.isoformat(),
        "readable": results.readable,
        "metric": metric.key,
        "metric_version": metric.version,
        "role": metric.role.value,
        "kind": metric.kind.value,
        "direction": metric.direction.value,
        "variant": comparison.variant,
        "control_n": None if control is None else control.n,
        "control_numerator": None if control is None else control.numerator,
        "control_denominator": None if control is None else control.denominator,
        "control_value": None if control is None else control.value,
        "n": None if arm is None else arm.n,
        "numerator": None if arm is None else arm.numerator,
        "denominator": None if arm is None else arm.denominator,
        "value": None if arm is None else arm.value,
        "standard_error": None if arm is None else arm.standard_error,
        **_effect("absolute", comparison.absolute),
        **_effect("relative", comparison.relative),
        **_effect("scaled", comparison.scaled_impact),
        **_tested(comparison),
        "margin": metric.margin,
        "method": None if origin is None else origin.method,
        "alpha": None if origin is None else origin.level,
        "state": None if state is None else state.reason.value,
    }


def _effect(name: str, effect: Effect | None) -> dict[str, Plain]:
    ends = (None, None) if effect is None else effect.ci
    return {
        name: None if effect is None else effect.estimate,
        f"{name}_low": ends[0],
        f"{name}_high": ends[1],
    }


def _tested(comparison: Comparison) -> dict[str, Plain]:
    return {
        "p_value": comparison.p_value,
        "adjusted_p_value": comparison.adjusted_p_value,
        "chance_to_win": comparison.chance_to_win,
        "expected_loss": comparison.expected_loss,
        "significant": comparison.significant,
        "verdict": comparison.verdict.value,
        "guardrail_safe": comparison.guardrail_safe,
        "guardrail_breached": comparison.guardrail_breached,
        "guardrail_p_value": comparison.guardrail_p_value,
        "cuped": comparison.cuped,
        "variance_reduction": comparison.variance_reduction,
    }


def day_rows(key: str, rollups: Mapping[RollupKey, RollupSums]) -> Iterable[dict[str, Plain]]:
    """Roll-ups as they are stored: cumulative, one row per phase, variant, metric, value, day."""
    for row, sums in rollups.items():
        yield {
            "experiment": key,
            "phase": row.phase,
            "variant": row.variant,
            "metric": row.metric,
            "dimension": row.dimension,
            "value": row.value,
            "day": row.day.isoformat(),
            "n": sums.n,
            "rows": sums.rows,
            **{name: getattr(sums, name) for name in ("m", "mm", "d", "dd", "md")},
            **{name: list(getattr(sums, name)) for name in ("x", "xx", "mx", "dx")},
            **{name: getattr(sums, name) for name in ("z", "zz", "xz", "mz", "dz")},
            "steps": list(sums.steps),
            "cap": sums.cap,
        }


def table_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Plain]]) -> str:
    """Rows as CSV; lists as JSON-like text; texts that a spreadsheet would run are quoted."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in columns])
    return written.getvalue()


def _cell(value: Plain) -> str | int | float:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return formula_guarded(value)
    if isinstance(value, list):
        return f"[{', '.join(repr(each) for each in value)}]"
    return value if not isinstance(value, float) or math.isfinite(value) else str(value)


def file_stem(key: str, as_of: datetime | date) -> str:
    """A download's name without its ending: only letters, digits, dots and dashes."""
    safe = "".join(each if each.isascii() and each.isalnum() else "-" for each in key)
    return f"{safe}-{as_of:%Y-%m-%d}"
