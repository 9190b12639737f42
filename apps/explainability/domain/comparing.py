"""Two evaluations of the same queries: who is better, how surely, and where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.common.domain.relevance import (
    Interval,
    NotComputable,
    PairedDifference,
    bootstrap_interval,
    paired_difference,
)
from apps.explainability.contracts.judged import MetricFigure, QueryScore
from apps.explainability.domain.metrics import GATED, METRICS

CONFIDENCE = 0.95
RESAMPLES = 10_000
SEED = 20_260_101
_SAME = 1e-12
Scores = Sequence[Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class MetricComparison:
    """One metric of two runs over their common queries.

    Attributes:
        key, title: of the metric.
        before, after: means; None over no query.
        tested: `after - before`, its interval and p; or why there is none.
        better, worse: queries that won or lost.
    """

    key: str
    title: str
    before: float | None
    after: float | None
    tested: PairedDifference | NotComputable
    better: int
    worse: int


@dataclass(frozen=True, slots=True)
class Mover:
    """One query whose NDCG differs.

    Attributes:
        before, after: NDCG.
        ranked_before, ranked_after: the first ten of each.
    """

    query: str
    before: float
    after: float
    ranked_before: tuple[str, ...]
    ranked_after: tuple[str, ...]

    @property
    def change(self) -> float:
        """Positive is better."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Two runs side by side.

    Attributes:
        queries: how many both have answered that have a relevant product.
        metrics: in the order of METRICS.
        best, worst: the greatest movers, the furthest first.
        unmoved: queries with the same NDCG.
    """

    queries: int
    metrics: tuple[MetricComparison, ...]
    best: tuple[Mover, ...]
    worst: tuple[Mover, ...]
    unmoved: int

    @property
    def gated(self) -> MetricComparison:
        """The metric that publishing is checked by."""
        return next(each for each in self.metrics if each.key == GATED)


def figures_of(scores: Scores) -> dict[str, MetricFigure]:
    """Every metric's mean over queries with its bootstrap interval."""
    answered = [each for each in scores if each]
    return {
        metric.key: _figure([each[metric.key] for each in answered if metric.key in each])
        for metric in METRICS
    }


def _figure(values: Sequence[float]) -> MetricFigure:
    if not values:
        return MetricFigure(None, None, None)
    found = bootstrap_interval(values, seed=SEED, confidence=CONFIDENCE, resamples=RESAMPLES)
    if isinstance(found, Interval):
        return MetricFigure(found.mean, found.low, found.high)
    return MetricFigure(sum(values) / len(values), None, None)


def runs_compare(
    before: Sequence[QueryScore], after: Sequence[QueryScore], *, movers: int = 20
) -> RunComparison:
    """Query by query over what both have scored.

    Args:
        before: scores of the one.
        after: of the other.
        movers: how many of the best and of the worst to list.
    """
    first = {each.query: each for each in before if each.scores}
    pairs = [(first[each.query], each) for each in after if each.scores and each.query in first]
    moved = [_mover(one, other) for one, other in pairs]
    changed = sorted(
        (each for each in moved if abs(each.change) > _SAME),
        key=lambda each: (-abs(each.change), each.query),
    )
    return RunComparison(
        queries=len(pairs),
        metrics=tuple(_compared(metric.key, metric.title, pairs) for metric in METRICS),
        best=tuple(each for each in changed if each.change > 0)[:movers],
        worst=tuple(each for each in changed if each.change < 0)[:movers],
        unmoved=len(moved) - len(changed),
    )


def _mover(before: QueryScore, after: QueryScore) -> Mover:
    return Mover(
        query=after.query,
        before=before.scores[GATED],
        after=after.scores[GATED],
        ranked_before=before.ranked[:10],
        ranked_after=after.ranked[:10],
    )


def _compared(
    key: str, title: str, pairs: Sequence[tuple[QueryScore, QueryScore]]
) -> MetricComparison:
    both = [
        (one.scores[key], other.scores[key])
        for one, other in pairs
        if key in one.scores and key in other.scores
    ]
    before, after = [a for a, _ in both], [b for _, b in both]
    return MetricComparison(
        key=key,
        title=title,
        before=sum(before) / len(before) if before else None,
        after=sum(after) / len(after) if after else None,
        tested=paired_difference(
            after, before, seed=SEED, confidence=CONFIDENCE, resamples=RESAMPLES
        ),
        better=sum(b - a > _SAME for a, b in both),
        worse=sum(a - b > _SAME for a, b in both),
    )


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """What the gate says.

    Attributes:
        fell: whether NDCG is significantly lower.
        rose: whether it is significantly higher.
        compared: the test behind it.
        words: one sentence for a merchandiser.
    """

    fell: bool
    rose: bool
    compared: MetricComparison
    words: str


def gate_verdict(comparison: RunComparison, *, alpha: float) -> GateVerdict:
    """Whether NDCG@10 differs, by the paired permutation test at level `alpha`."""
    metric = comparison.gated
    tested = metric.tested
    if isinstance(tested, NotComputable):
        words = f"Judged relevance cannot be compared: {tested.reason}."
        return GateVerdict(False, False, metric, words)
    sure = tested.p_value < alpha
    fell, rose = sure and tested.difference < 0, sure and tested.difference > 0
    verb = "falls" if fell else "rises" if rose else "does not differ significantly"
    words = (
        f"NDCG@10 {verb}: {metric.before:.3f} before, {metric.after:.3f} after, difference "
        f"{tested.difference:+.3f} ({tested.low:+.3f} to {tested.high:+.3f}), "
        f"p {tested.p_value:.4f}, {comparison.queries} queries, {metric.better} better, "
        f"{metric.worse} worse."
    )
    return GateVerdict(fell, rose, metric, words)
