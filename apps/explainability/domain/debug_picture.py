"""From records to what the dashboard draws: bars and histograms. No HTML, no I/O."""

from collections.abc import Mapping

import numpy as np

from apps.explainability.contracts.debugged import Bar, Histogram
from apps.features.contracts import FEATURE_NAMES, FEATURE_TITLES
from apps.ranking.contracts import RULES_CONTRIBUTION, Float32, HitRecord, Step
from apps.ranking_weights.contracts import ResolvedWeights

BINS = 20
_RULES_TONE = 5


def tone_of(feature: str) -> int:
    """The colour of a feature: the same everywhere."""
    if feature == RULES_CONTRIBUTION:
        return _RULES_TONE
    return FEATURE_NAMES.index(feature) + 1 if feature in FEATURE_NAMES else 0


def title_of(feature: str) -> str:
    """What people read."""
    return "Rules" if feature == RULES_CONTRIBUTION else FEATURE_TITLES.get(feature, feature)


def bars_of(record: HitRecord, whole: float) -> tuple[Bar, ...]:
    """The contributions as parts of one bar; what rules take away is told, and has no width.

    Args:
        record: of a hit.
        whole: the score that fills the bar.
    """
    found, left = [], 0.0
    for feature, value in record.contributions.items():
        width = 100.0 * max(value, 0.0) / whole if whole > 0.0 else 0.0
        # Rules that bury take from the whole: what is left of it is all that is drawn.
        width = min(width, 100.0 - left)
        found.append(Bar(feature, title_of(feature), tone_of(feature), value, left, width))
        left += width
    return tuple(found)


def whole_of(records: list[HitRecord]) -> float:
    """The greatest sum of positive parts: it fills the bar, on both sides alike."""
    sums = (sum(max(value, 0.0) for value in one.contributions.values()) for one in records)
    return max(sums, default=0.0)


def histogram_of(feature: str, values: Float32) -> Histogram:
    """How the values of all matches lie.

    Args:
        feature: what they are of.
        values: float32[m] in [0, 1].
    """
    counts = np.histogram(values, bins=BINS, range=(0.0, 1.0))[0]
    most = int(counts.max(initial=0))
    heights = tuple(100.0 * count / most if most else 0.0 for count in counts.tolist())
    some = len(values) > 0
    return Histogram(
        feature=feature,
        title=title_of(feature),
        tone=tone_of(feature),
        counts=tuple(counts.tolist()),
        heights=heights,
        mean=float(values.mean()) if some else None,
        median=float(np.median(values)) if some else None,
    )


def weights_lines(weights: Mapping[str, float]) -> tuple[tuple[str, float, int], ...]:
    """Title, weight and tone of each feature that weighs anything."""
    return tuple(
        (title_of(name), weight, tone_of(name)) for name, weight in weights.items() if weight > 0.0
    )


def weights_words(weights: ResolvedWeights) -> str:
    """Whose weights they are."""
    if weights.experiment:
        return f"experiment {weights.experiment}, variant {weights.variant}"
    if weights.source == "override":
        version = f", version {weights.number}" if weights.number else ""
        return f"chosen here{': ' + weights.subject if weights.subject else ''}{version}"
    if weights.source in {"default", "none"}:
        return "the built-in default" if weights.source == "default" else "none"
    return f"{weights.subject}, version {weights.number}"


def step_words(step: Step) -> str:
    """One step as a short line."""
    if step.from_rank == step.to_rank:
        return f"{step.kind} “{step.rule}”: stays at {step.to_rank}"
    return f"{step.kind} “{step.rule}”: {step.from_rank} → {step.to_rank}"
