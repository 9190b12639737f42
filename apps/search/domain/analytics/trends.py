"""Which queries became more, or less, frequent by more than chance.

Of n searches for a query in both periods, those of the later one are binomial when nothing
changed but the traffic as a whole. Thousands of queries are looked at together, so the false
discovery rate is what is bounded. Source: Przyborowski and Wilenski, "Homogeneity of results in
testing samples from Poisson series", Biometrika 31 (1940); Benjamini and Hochberg, "Controlling
the false discovery rate", JRSS B 57 (1995).
"""

import math
from collections.abc import Sequence

# Fewer searches than this in both periods say nothing.
LEAST_SEARCHES = 20
# Smaller changes are no news, however sure.
LEAST_RATIO = 1.25
FALSE_SHARE = 0.05


def trend_score(now: int, before: int, share: float) -> float:
    """Standard deviations between the searches of a period and what was to be expected.

    Args:
        now: searches of the query in the period.
        before: in the period before.
        share: of all searches of both, those of the period; in (0, 1).
    """
    n = now + before
    spread = math.sqrt(n * share * (1.0 - share))
    return (now - n * share) / spread if spread else 0.0


def two_sided(score: float) -> float:
    """The chance of so large a score, either way, when nothing changed."""
    return math.erfc(abs(score) / math.sqrt(2.0))


def discoveries(scores: Sequence[float], tested: int, false_share: float = FALSE_SHARE) -> int:
    """How many of the largest scores count, so that few of them are chance.

    Args:
        scores: by size, the largest first, either sign; the rest may be left out.
        tested: how many there are with the rest.
        false_share: of those that count, the expected share of chance.
    """
    kept = 0
    for rank, score in enumerate(scores, start=1):
        if two_sided(score) <= false_share * rank / tested:
            kept = rank
    return kept


def changed_enough(now: int, before: int, share: float) -> bool:
    """Whether the change, beside that of the traffic as a whole, is worth telling."""
    expected = (now + before) * share
    low, high = sorted((now / expected, 1.0)) if expected else (1.0, 1.0)
    return low * LEAST_RATIO <= high
