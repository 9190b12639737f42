"""One score of what products are and of who chooses them."""

import numpy as np

from apps.recommendations.contracts import Float32, Int32
from apps.recommendations.domain.sourcing import Found

Scored = tuple[Int32, Float32]
# The model's score of a product's best neighbour from which on all of its share is trusted. A
# product that few chose has weaker ones, some of them by chance. `benchmarks.bench_similar`
# measures it.
TRUSTED = 0.04


def model_share(share: float, scores: Float32, trusted: float = TRUSTED) -> float:
    """The share of the model's scores, of the best one's strength; float32[m] in [0, 1).

    Args:
        share: of a model that is trusted.
        scores: float32[m].
        trusted: the best score from which on it is; 0: always.
    """
    best = float(scores.max(initial=0.0))
    return share if best >= trusted else share * best / trusted


def blended(content: Scored, collaborative: Scored, *, share: float, because: int) -> Found:
    """The score share · c / max(c) + (1 - share) · s, with likeness s and c by choice.

    By choice a product is measured against the best there is, for the scale is another for
    every product. A source that knows nothing of the product leaves it all to the other one.

    Args:
        content: int32[m] rows, each once, and float32[m] scores in [0, 1].
        collaborative: likewise.
        share: of the collaborative score, in [0, 1].
        because: row of the product.
    """
    if not len(collaborative[0]) or not float(collaborative[1].max()):
        return Found.of(*content, because)
    best = np.float32(collaborative[1].max())
    if not len(content[0]):
        return Found.of(collaborative[0], collaborative[1] / best, because)
    rows = np.union1d(content[0], collaborative[0]).astype(np.int32)
    scores = np.zeros(len(rows), dtype=np.float32)
    scores[np.searchsorted(rows, content[0])] += (1.0 - share) * content[1]
    scores[np.searchsorted(rows, collaborative[0])] += share * collaborative[1] / best
    return Found.of(rows, np.clip(scores, 0.0, 1.0), because)
