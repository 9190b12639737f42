"""What a number was computed from, as a page shows it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from apps.experiments.contracts.metrics import MetricKind
from apps.experiments.contracts.results import ArmValue, Comparison, MetricResult, Origin
from apps.experiments.domain.pages.formats import count, level_written, number, words

_ANCHOR = re.compile(r"\s*\(?(?:docs/)?(?:statistics(?:-bandits)?\.md)?#([a-z0-9-]+)\)?\s*$")
_FORMULAS: Mapping[MetricKind, tuple[str, str, str]] = {
    MetricKind.PROPORTION: ("units that did it / units", "units that did it", "units"),
    MetricKind.MEAN: ("sum of the units' totals / units", "sum of totals", "units"),
    MetricKind.RATIO: ("Σ numerator / Σ denominator", "Σ numerator", "Σ denominator"),
    MetricKind.QUANTILE: ("quantile of the units' totals", "quantile", "units"),
    MetricKind.RETENTION: ("units that came back / units old enough", "came back", "old enough"),
    MetricKind.FUNNEL: ("units that took every step / units", "took every step", "units"),
}
EFFECTS_ANCHOR = "effects"


@dataclass(frozen=True, slots=True)
class OriginView:
    """One card: opened by every number that came from it.

    Attributes:
        key: unique on the page.
        title: whose number it is.
        formula: in words and symbols.
        method: name of the method.
        anchor: of the method in docs/statistics.md.
        level: of interval and test; empty for plain values.
        lines: (name, written value).
    """

    key: str
    title: str
    formula: str
    method: str
    anchor: str
    level: str
    lines: tuple[tuple[str, str], ...]


def method_parts(method: str) -> tuple[str, str]:
    """Name and anchor of a method as origins write it: `t_test#tests-and-intervals`."""
    found = _ANCHOR.search(method)
    if found is None:
        return words(method), ""
    return words(method[: found.start()]).strip(" :") or words(found[1]), found[1]


def input_written(value: float | str | None) -> str:
    """An input in full, so that the number can be computed again."""
    if value is None:
        return "none"
    if isinstance(value, str):
        return value
    if isinstance(value, int) or value == int(value if abs(value) < 1e15 else 0):  # noqa: PLR2004 - floats beyond are not exact
        return f"{value:,.0f}"
    return f"{value:,.8g}".replace("-", "\N{MINUS SIGN}", 1) if value < 0 else f"{value:,.8g}"


def arm_origin(metric: MetricResult, arm: ArmValue, name: str, prefix: str) -> OriginView:
    """Where the value of one arm comes from."""
    formula, above, below = _FORMULAS[metric.kind]
    lines = [
        ("n (units)", count(arm.n)),
        (above, input_written(arm.numerator)),
        (below, input_written(arm.denominator)),
        ("value", number(arm.value) if arm.value is None else input_written(arm.value)),
        ("standard error", "none" if arm.standard_error is None else number(arm.standard_error)),
        ("definition", f"{metric.key}, version {metric.version}"),
    ]
    return OriginView(
        key=f"{prefix}-{metric.key}-{arm.variant}-value",
        title=f"{metric.title}: {name}",
        formula=formula,
        method=f"{metric.kind.value} per arm",
        anchor=EFFECTS_ANCHOR,
        level="",
        lines=tuple(lines),
    )


def comparison_origin(
    metric: MetricResult, comparison: Comparison, names: tuple[str, str], prefix: str
) -> OriginView | None:
    """Where effect, interval and test of a comparison come from; None without an origin."""
    origin = comparison.origin
    if origin is None:
        return None
    method, anchor = method_parts(origin.method)
    return OriginView(
        key=f"{prefix}-{metric.key}-{comparison.variant}-effect",
        title=f"{metric.title}: {names[1]} against {names[0]}",
        formula=origin.formula,
        method=method,
        anchor=anchor,
        level=f"{level_written(origin.level)} (alpha {origin.level:g})",
        lines=(
            *_inputs(origin, tuple(arm.variant for arm in metric.arms)),
            *_outputs(comparison),
        ),
    )


def _inputs(origin: Origin, variants: tuple[str, ...]) -> list[tuple[str, str]]:
    """Inputs arm by arm, control first: a stored document does not keep the order of names."""

    def place(name: str) -> int:
        owners = (at for at, key in enumerate(variants) if name.startswith(key))
        return next(owners, len(variants))

    named = sorted(origin.inputs, key=place)
    return [(words(name), input_written(origin.inputs[name])) for name in named]


def _outputs(comparison: Comparison) -> list[tuple[str, str]]:
    """Results in full digits, beneath the inputs they follow from."""
    found: list[tuple[str, float | None]] = []
    for name, effect in (("absolute", comparison.absolute), ("relative", comparison.relative)):
        if effect is not None:
            found.append((f"{name} effect", effect.estimate))
            found.append((f"{name} standard error", effect.standard_error))
    found += [
        ("p", comparison.p_value),
        ("adjusted p", comparison.adjusted_p_value),
        ("chance to win", comparison.chance_to_win),
        ("expected loss", comparison.expected_loss),
        ("p of the guardrail", comparison.guardrail_p_value),
        ("variance removed by covariates", comparison.variance_reduction),
    ]
    return [(f"→ {name}", input_written(value)) for name, value in found if value is not None]
