"""A design in words, for pages that show it."""

import json
from collections.abc import Iterable, Mapping, Sequence

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.design import AnalysisPlan, ExperimentDesign, Horizon, MetricRole
from apps.experiments.contracts.surfaces import surface_named
from apps.experiments.domain.guided.targeting import OPERATORS, rows_of
from apps.publishing.contracts import FieldChange

_HORIZONS = {
    Horizon.FIXED: "read once, at the planned end",
    Horizon.CONFIDENCE_SEQUENCE: "may be read at any time",
    Horizon.GROUP_SEQUENTIAL: "read at planned looks",
}


def percent(share: float) -> str:
    """A share as people write it."""
    return f"{share * 100:.4g} %"


def payload_words(surface_name: str, payload: Json) -> str:
    """What a variant does, in the words of its surface."""
    if payload is None:
        return "leaves everything as it is today"
    surface = surface_named(surface_name)
    if surface is None:
        return json.dumps(payload, ensure_ascii=False)
    return surface.payload_words(payload)


def targeting_words(condition: Mapping[str, Json]) -> str:
    """Whom it is for."""
    if not condition:
        return "everybody"
    rows = rows_of(condition)
    if rows is None:
        return json.dumps(dict(condition), ensure_ascii=False)
    return " and ".join(
        f"{row.attribute} {OPERATORS[row.operator]} {row.value}".strip() for row in rows
    )


def design_lines(design: ExperimentDesign) -> tuple[tuple[str, str], ...]:
    """Label and words of everything beside variants."""
    plan, layer, schedule = design.plan, design.layer, design.schedule
    return tuple(
        (label, words)
        for label, words in (
            ("Hypothesis", design.hypothesis or "none written"),
            ("Surface", design.surface),
            ("Split by", design.unit.value),
            ("For", targeting_words(design.targeting)),
            ("Coverage", _coverage(design)),
            (
                "Layer",
                "none" if layer is None else f"{layer.name}, {_range(layer.low, layer.high)}",
            ),
            ("Global holdout", "kept out" if design.holdout else "included"),
            ("Metrics", _metrics(design)),
            ("Analysis", _analysis(plan)),
            (
                "Not to be read before",
                f"{plan.minimum_runtime_days} days and {plan.minimum_units} units per variant",
            ),
            ("CUPED", f"{plan.cuped_days} days" if plan.cuped_days else "off"),
            ("Starts by itself", f"{schedule.starts_at:%Y-%m-%d %H:%M} UTC")
            if schedule.starts_at
            else ("", ""),
            ("Ends by itself", f"{schedule.ends_at:%Y-%m-%d %H:%M} UTC")
            if schedule.ends_at
            else ("", ""),
            ("Sticky", design.stickiness.value if design.stickiness.value != "none" else ""),
            ("Broken down by", ", ".join(design.dimensions)),
            ("Balanced over", design.stratify_by),
            ("Bandit", _bandit(design)),
        )
        if label and words
    )


def range_words(low: float, high: float) -> str:
    """A part of a layer."""
    return _range(low, high)


def changes_titled(changes: Iterable[FieldChange]) -> tuple[tuple[str, str, str], ...]:
    """Where, before and after, as people read it."""
    return tuple(
        (change.path.replace("_", " ").replace(".", " / "), _shown(change.before),
         _shown(change.after))
        for change in changes
    )  # fmt: skip


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _range(low: float, high: float) -> str:
    return f"{low * 100:.6g} % to {high * 100:.6g} %"


def _analysis(plan: AnalysisPlan) -> str:
    return (
        f"{plan.method.value}, {_HORIZONS[plan.horizon]}; alpha {percent(plan.alpha)}, "
        f"power {percent(plan.power)} to find a change of {percent(plan.mde)}"
    )


def _coverage(design: ExperimentDesign) -> str:
    steps: Sequence[str] = [
        f"{percent(step.coverage)} after {step.after_hours:g} h" for step in design.schedule.ramp
    ]
    return ", then ".join([percent(design.coverage), *steps])


def _metrics(design: ExperimentDesign) -> str:
    parts = []
    for use in design.metrics:
        margin = f", tolerates {percent(use.margin)}" if use.role is MetricRole.GUARDRAIL else ""
        parts.append(f"{use.key} ({use.role.value}{margin})")
    return "; ".join(parts)


def _bandit(design: ExperimentDesign) -> str:
    bandit = design.bandit
    if bandit is None:
        return ""
    return (
        f"earns {bandit.metric}; shares move every {bandit.every_hours:g} h, "
        f"none below {percent(bandit.floor)}, after {bandit.burn_in_units} units a variant"
    )
