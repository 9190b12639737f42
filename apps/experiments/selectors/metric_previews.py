"""What a definition, published or not, gives on the shop's own last weeks."""

import math
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from apps.common.errors import InvalidInput
from apps.experiments.contracts.analysis import PlanAnswer, PlanQuestion
from apps.experiments.contracts.design import AnalysisPlan, UnitType
from apps.experiments.contracts.metrics import MetricInvalid, MetricVersionView
from apps.experiments.contracts.rollups import RollupSums
from apps.experiments.contracts.statistics import CannotCompute
from apps.experiments.domain.analysis.plans import plan_answer
from apps.experiments.domain.metrics.reading import metric_read
from apps.experiments.selectors.rollup_units import baseline
from apps.publishing.contracts import VersionView

PREVIEW_DAYS = 28
_EVEN = (0.5, 0.5)


@dataclass(frozen=True, slots=True)
class MetricPreview:
    """One number with what stands behind it.

    Attributes:
        value: mean, rate or ratio of all units; None when it cannot be computed.
        shown: the value as its format writes it.
        deviation: standard deviation of one unit.
        units: in the window.
        rows: that were counted.
        state: why it cannot be computed.
    """

    value: float | None
    shown: str
    deviation: float | None
    units: int
    rows: int
    state: CannotCompute | None


def metric_preview(
    version: VersionView, *, unit: UnitType, as_of: datetime | None = None
) -> MetricPreview:
    """The definition of any version on the shop's last weeks, everybody in one arm.

    Raises:
        InvalidInput: the stored definition is none.
    """
    try:
        definition = metric_read(version.content["definition"])  # type: ignore[arg-type]  # publishing's JSON is wider
    except MetricInvalid as error:
        raise InvalidInput(error.message, field=error.field) from error
    metric = MetricVersionView(version.subject, version.number, definition)
    past = baseline(metric, unit=unit, as_of=as_of or timezone.now(), days=PREVIEW_DAYS)
    answer = plan_answer(
        PlanQuestion(
            metric=metric,
            unit=unit,
            weights=_EVEN,
            coverage=1.0,
            plan=AnalysisPlan(),
            baseline=past.sums,
            baseline_days=float(PREVIEW_DAYS),
            units_per_day=past.units_per_day,
        )
    )
    return _preview(answer, past.sums, definition.format)


def _preview(answer: PlanAnswer, sums: RollupSums, shape: str) -> MetricPreview:
    value, variance = answer.mean, answer.variance
    return MetricPreview(
        value=value,
        shown="" if value is None else _shown(value, shape),
        deviation=None if variance is None else math.sqrt(max(variance, 0.0)),
        units=sums.n,
        rows=sums.rows,
        # A plan may be impossible where the value is not: then the value still says itself.
        state=answer.state if value is None else None,
    )


def _shown(value: float, shape: str) -> str:
    if shape == "percent":
        return f"{value * 100:.4g} %"
    if shape == "seconds":
        return f"{value:.4g} s"
    return f"{value:,.2f}" if shape == "money" else f"{value:,.6g}"
