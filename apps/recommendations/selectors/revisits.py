"""What a shopper looked at before and has not bought, of the candidates: no SQL, no Redis."""

import numpy as np

from apps.features.contracts import ServingSnapshot
from apps.recommendations.contracts import Float32, Int32, Shopper
from apps.recommendations.domain.revisits import revisits_of, scores_at

# Finding a product's row costs some 5 us.
_MOST, _LEAST = 100, 0.01


def revisit_scores(
    shopper: Shopper, snapshot: ServingSnapshot, rows: Int32, as_of: float
) -> Float32 | None:
    """float32[m] in [0, 1]: the formula is in `domain.revisits`; None: they saw none of them.

    Args:
        shopper: who asks.
        snapshot: whose rows are meant.
        rows: int32[m], the candidates.
        as_of: unix seconds.
    """
    history = shopper.history
    said = revisits_of(history, as_of)
    # Newest first: what is left out is long ago for somebody who looks at so much.
    lines = np.flatnonzero(said >= _LEAST)[:_MOST]
    if not len(lines):
        return None
    seen = snapshot.columns.product_ids.rows_of([history.product_ids[line] for line in lines])
    scores = scores_at(rows, seen, said.take(lines))
    return scores if scores.any() else None
