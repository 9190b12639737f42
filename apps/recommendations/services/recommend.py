"""One answer, from a checked request to its items, its record and its figures."""

import time
from dataclasses import replace
from datetime import datetime

from apps.recommendations.contracts import Shopper
from apps.recommendations.contracts_answers import RecommendationAnswer, RecommendationRequest
from apps.recommendations.services.shelf_logged import answer_logged
from apps.recommendations.services.shelf_made import recommendation_make


def recommendation_answer(
    *, request: RecommendationRequest, shopper: Shopper, as_of: datetime
) -> RecommendationAnswer:
    """Answer one request, and log it: one SQL, and at most one round trip to Redis.

    Args:
        request: parsed and checked.
        shopper: who asks, with all that is known of them.
        as_of: aware; dates the answer and its id.

    Raises:
        InvalidInput: an unknown category, or a filter on an attribute that no product has.
    """
    started = time.perf_counter()
    made = recommendation_make(request=request, shopper=shopper, as_of=as_of)
    took_ms = round((time.perf_counter() - started) * 1000.0, 3)
    return answer_logged(replace(made, answer=replace(made.answer, took_ms=took_ms)), request)
