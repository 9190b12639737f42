"""The cells of one comparison, written."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from apps.experiments.contracts.design import MetricRole
from apps.experiments.contracts.metrics import Direction, MetricKind
from apps.experiments.contracts.results import (
    ArmValue,
    Comparison,
    Effect,
    MetricResult,
    Verdict,
)
from apps.experiments.domain.charts.intervals import bound_size, interval_picture
from apps.experiments.domain.charts.marks import Drawing
from apps.experiments.domain.pages import formats
from apps.experiments.domain.pages.origins import OriginView, comparison_origin
from apps.experiments.domain.pages.rows import Cell, Impact, ResultRow, TableOptions

_TONES = {Verdict.BETTER: "better", Verdict.WORSE: "worse"}
_VERDICTS: Mapping[Verdict, str] = {
    Verdict.BETTER: "Better",
    Verdict.WORSE: "Worse",
    Verdict.NO_DIFFERENCE_SHOWN: "No difference shown",
    Verdict.CANNOT_COMPUTE: "Cannot be computed",
}


def effect_shown(comparison: Comparison, impact: Impact) -> Effect | None:
    """The effect on the scale that is shown."""
    if impact is Impact.RELATIVE:
        return comparison.relative
    return comparison.absolute if impact is Impact.ABSOLUTE else comparison.scaled_impact


def effect_written(
    metric: MetricResult, value: float, options: TableOptions, effect: Effect
) -> str:
    """An effect, or one end of its interval, on the scale that is shown."""
    if options.impact is Impact.RELATIVE:
        return formats.change_written(value, formats.change_decimals(*effect.ci))
    # Over a day, a share becomes a number of units that did it.
    kind = metric.format if options.impact is Impact.ABSOLUTE else _scaled_format(metric)
    return formats.difference_written(kind, value, options.currency)


def _scaled_format(metric: MetricResult) -> str:
    return "number" if metric.format == "percent" else metric.format


@dataclass(frozen=True, slots=True)
class Compared:
    """One comparison of one metric, and how it is written.

    Attributes:
        half: of the axis that all rows share; None when each metric has its own.
    """

    metric: MetricResult
    comparison: Comparison
    options: TableOptions
    half: float | None

    @property
    def name(self) -> str:
        """The treatment's name."""
        return self.options.name(self.comparison.variant)

    @property
    def effect(self) -> Effect | None:
        """The effect on the scale that is shown."""
        return effect_shown(self.comparison, self.options.impact)

    @property
    def guardrail(self) -> bool:
        """Whether the margin judges it."""
        return self.metric.role is MetricRole.GUARDRAIL

    def written(self, effect: Effect) -> tuple[str, str, str]:
        """An effect and both ends of its interval."""
        estimate, low, high = (
            effect_written(self.metric, value, self.options, effect)
            for value in (effect.estimate, *effect.ci)
        )
        return estimate, low, high

    def origin(self) -> OriginView | None:
        """Where its numbers come from."""
        names = (self.options.control, self.name)
        return comparison_origin(self.metric, self.comparison, names, self.options.prefix)


def row(compared: Compared, origin: str) -> ResultRow:
    """The row of one comparison; `origin` is the key of its origin, empty without one."""
    comparison, options = compared.comparison, compared.options
    arms = {arm.variant: arm for arm in compared.metric.arms}
    variants = tuple(options.names)
    tone, verdict = judged(compared)
    return ResultRow(
        variant=comparison.variant,
        name=compared.name,
        index=variants.index(comparison.variant) if comparison.variant in variants else 1,
        control=_arm_cell(compared, arms.get(variants[0])),
        treatment=_arm_cell(compared, arms.get(comparison.variant)),
        evidence=_evidence(compared, origin),
        change=_change(compared, origin),
        picture=_picture(compared, tone, verdict),
        tone=tone,
        verdict=verdict,
        notes=_notes(comparison),
        state="" if comparison.state is None else comparison.state.message,
    )


def judged(compared: Compared) -> tuple[str, str]:
    """Tone and words; a guardrail is judged by its margin."""
    comparison = compared.comparison
    if comparison.verdict is Verdict.CANNOT_COMPUTE:
        return "unclear", _VERDICTS[Verdict.CANNOT_COMPUTE]
    if compared.guardrail:
        if comparison.guardrail_breached:
            return "breached", "Breached"
        return ("safe", "Safe") if comparison.guardrail_safe else ("unclear", "Not shown safe")
    return _TONES.get(comparison.verdict, "unclear"), _VERDICTS[comparison.verdict]


def _arm_cell(compared: Compared, arm: ArmValue | None) -> Cell:
    if arm is None:
        return Cell(formats.NO_VALUE)
    metric, options = compared.metric, compared.options
    origin = f"{options.prefix}-{metric.key}-{arm.variant}-value"
    if metric.kind is MetricKind.QUANTILE:
        beneath = f"{formats.count(arm.n)} units"
    else:
        beneath = f"{formats.count(arm.numerator)} / {formats.count(arm.denominator)}"
    text = formats.value_written(metric.format, arm.value, options.currency)
    return Cell(text, beneath, origin)


def _evidence(compared: Compared, origin: str) -> Cell:
    comparison = compared.comparison
    if compared.guardrail and comparison.guardrail_p_value is not None:
        return Cell(formats.p_written(comparison.guardrail_p_value), "non-inferiority", origin)
    if comparison.chance_to_win is not None:
        loss = comparison.expected_loss
        beneath = "" if loss is None else f"expected loss {formats.percent(loss)}"
        return Cell(formats.chance_written(comparison.chance_to_win), beneath, origin)
    adjusted = comparison.adjusted_p_value
    if adjusted is not None and adjusted != comparison.p_value:
        raw = formats.p_written(comparison.p_value)
        return Cell(formats.p_written(adjusted), f"{raw} uncorrected", origin)
    return Cell(formats.p_written(comparison.p_value), "", origin)


def _change(compared: Compared, origin: str) -> Cell:
    effect, source = compared.effect, compared.comparison.origin
    if effect is None:
        return Cell(formats.NO_VALUE, "", origin)
    estimate, low, high = compared.written(effect)
    level = "" if source is None else f"{formats.level_written(source.level)}: "
    return Cell(estimate, f"{level}{low} to {high}", origin)


def _picture(compared: Compared, tone: str, verdict: str) -> Drawing | None:
    effect, metric = compared.effect, compared.metric
    if effect is None or math.isnan(effect.estimate):
        return None
    impact = compared.options.impact
    shown = (effect_shown(each, impact) for each in metric.comparisons)
    own = 1.1 * max(bound_size(each) for each in shown if each is not None)
    estimate, low, high = compared.written(effect)
    words = f"{estimate}, interval {low} to {high}: {verdict}"
    margin = None
    if compared.guardrail and impact is Impact.RELATIVE:
        margin = metric.margin if metric.direction is Direction.DOWN else -metric.margin
    half = compared.half or own or 1.0
    return interval_picture(effect, half=half, tone=tone, words=words, margin=margin)


def _notes(comparison: Comparison) -> tuple[str, ...]:
    if not comparison.cuped:
        return ()
    reduction = comparison.variance_reduction
    if reduction is None:
        return ("adjusted by covariates (CUPED)",)
    return (f"CUPED: {formats.percent(reduction)} of the variance removed",)
