"""What a shopper looked at before and has not bought, of the candidates: no SQL, no Redis."""

import numpy as np

from apps.features.contracts import ServingSnapshot
from apps.recommendations.contracts import Float32, Int32, Shopper
from apps.recommendations.domain.revisits import revisits_of, scores_at
from apps.recommendations.selectors.affinity import basis_now

# Less than that moves nothing, and nothing is to be said of it.
_LEAST = 0.01


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
    lines = np.flatnonzero(said >= _LEAST)
    if not len(lines):
        return None
    # The book remembers what `cf_score` has just looked up.
    book, ids = basis_now(snapshot).book, [history.product_ids[line] for line in lines.tolist()]
    scores = scores_at(rows, book.rows_of(ids, book.codes_of(ids)), said.take(lines))
    return scores if scores.any() else None
