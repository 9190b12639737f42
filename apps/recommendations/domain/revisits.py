"""Products that a shopper looked at and did not buy: people search for what they have found.

    revisit_score = min(1, said / 2) · 2^(-days since the newest interaction / 14)

`said` adds up, over days, the strongest of each day (view and click 1, cart 2): in full strength
what was in the cart, or looked at on two days. What was ever bought says nothing: whoever wants it
again is followed by `cf_score`. Up to 40 % of queries re-find: Teevan et al., "Information
Re-Retrieval", SIGIR 2007.
"""

import numpy as np

from apps.events.contracts import INTERACTION_WEIGHTS, EventType
from apps.recommendations.contracts import Float32, History, Int32

HALF_LIFE_DAYS = 14.0
_IN_FULL = INTERACTION_WEIGHTS[EventType.ADD_TO_CART]
_DAY_S = 86_400.0


def revisits_of(history: History, as_of: float) -> Float32:
    """float32[h] in [0, 1]: how much each line of a history speaks for being looked for again.

    Args:
        history: of the shopper, with this visit.
        as_of: unix seconds.
    """
    ages = np.maximum(as_of - history.at, 0.0) / _DAY_S
    said = np.minimum(history.weights / _IN_FULL, 1.0)
    scores: Float32 = np.where(history.bought, 0.0, said * np.exp2(-ages / HALF_LIFE_DAYS))
    return scores.astype(np.float32)


def scores_at(rows: Int32, seen: Int32, scores: Float32) -> Float32:
    """float32[m]: the score of each candidate, 0 where it was not seen.

    Args:
        rows: int32[m], the candidates.
        seen: int32[s], rows, each once; -1 is nobody's.
        scores: float32[s], of `seen`.
    """
    order = np.argsort(seen)
    ordered = seen.take(order)
    places = np.minimum(np.searchsorted(ordered, rows), len(seen) - 1)
    found: Float32 = np.where(ordered.take(places) == rows, scores.take(order.take(places)), 0.0)
    return found.astype(np.float32)
