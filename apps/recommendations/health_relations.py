"""Whether this process knows what belongs together, and how old that is."""

import time

from django.db import Error as DatabaseFailure

from apps.common.contracts import HealthReport
from apps.recommendations.metrics_relations import relations_age_seconds
from apps.recommendations.selectors.product_relations import product_relations_state

NAME = "product_relations"
# The job runs every hour: after so long it has failed a day.
STALE_S = 26 * 3600.0


def product_relations_check() -> HealthReport:
    """Not required: without them shelves go by content, by popularity and by the model."""
    try:
        state = product_relations_state()
    except DatabaseFailure as error:
        return HealthReport(NAME, ok=False, required=False, detail=str(error))
    if state.value is None:
        return HealthReport(NAME, ok=False, required=False, detail=state.reason)
    age = max(time.time() - state.value.as_of, 0.0)
    relations_age_seconds.set(age)
    detail = state.reason or ("stale" if age > STALE_S else "")
    figures = {
        "number": float(state.number),
        "age_s": age,
        "products": float(len(state.value.pks)),
        "trending": float(len(state.value.trend)),
    }
    return HealthReport(NAME, ok=not detail, required=False, detail=detail, figures=figures)
