"""The lines of a comparison of two runs, with the picture of each interval."""

from dataclasses import dataclass

from apps.common.domain.relevance import NotComputable, PairedDifference
from apps.experiments.contracts.results import Effect
from apps.experiments.domain.charts.intervals import interval_picture
from apps.experiments.domain.charts.marks import Drawing
from apps.experiments.domain.pages.formats import NO_VALUE, p_written
from apps.explainability.domain.comparing import MetricComparison, RunComparison
from apps.explainability.domain.pages.run_chart import number

_LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class MetricLine:
    """One metric of two runs, written.

    Attributes:
        tone: `better`, `worse` or `unclear`.
        picture: the interval of the difference; None where there is none.
    """

    title: str
    before: str
    after: str
    difference: str
    interval: str
    p_value: str
    queries: str
    tone: str
    picture: Drawing | None


def metric_lines(comparison: RunComparison) -> tuple[MetricLine, ...]:
    """Every metric, all intervals on one axis but DCG's, which has no upper end."""
    tested = [each.tested for each in comparison.metrics if not each.key.startswith("dcg")]
    sizes = [
        max(abs(one.low), abs(one.high)) for one in tested if isinstance(one, PairedDifference)
    ]
    half = 1.1 * max(sizes, default=0.0) or 0.01
    return tuple(_line(each, half) for each in comparison.metrics)


def signed(value: float) -> str:
    """`+0.012`, with a real minus."""
    return f"{value:+.3f}".replace("-", "\N{MINUS SIGN}")


def tone_of(tested: PairedDifference | NotComputable) -> str:
    """What the test shows, at 5 %."""
    if isinstance(tested, NotComputable) or tested.p_value >= _LEVEL:
        return "unclear"
    return "better" if tested.difference > 0 else "worse"


def difference_picture(tested: PairedDifference, *, half: float, tone: str) -> Drawing:
    """The interval on an axis from -half to half."""
    effect = Effect(tested.difference, 0.0, (tested.low, tested.high))
    words = f"{signed(tested.difference)}, {signed(tested.low)} to {signed(tested.high)}"
    return interval_picture(effect, half=half, tone=tone, words=words)


def _line(metric: MetricComparison, half: float) -> MetricLine:
    tested, tone = metric.tested, tone_of(metric.tested)
    moved = f"{metric.better} better, {metric.worse} worse"
    plain = (metric.title, number(metric.before), number(metric.after))
    if isinstance(tested, NotComputable):
        return MetricLine(*plain, NO_VALUE, tested.reason, NO_VALUE, moved, tone, None)
    bounds = f"{signed(tested.low)} to {signed(tested.high)}"
    own = 1.1 * max(abs(tested.low), abs(tested.high)) or 0.01
    shown = difference_picture(
        tested, half=own if metric.key.startswith("dcg") else half, tone=tone
    )
    said = signed(tested.difference)
    return MetricLine(*plain, said, bounds, p_written(tested.p_value), moved, tone, shown)
