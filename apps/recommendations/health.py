"""Whether a recommender is served, and how old what it knows is."""

from datetime import timedelta

from django.conf import settings
from django.db import Error as DatabaseFailure
from django.utils import timezone

from apps.common.contracts import HealthReport
from apps.recommendations.metrics_affinity import recommender_age_seconds
from apps.recommendations.selectors.recommender import recommender_holder

_NAME = "recommender"
STALE = "stale"


def recommender_check() -> HealthReport:
    """Not required: without one shelves are popular and alike, not personal."""
    try:
        held = recommender_holder.state
    except DatabaseFailure as error:
        return HealthReport(_NAME, ok=False, required=False, detail=str(error))
    figures, reason = {"version": float(held.number)}, held.reason
    if held.value is not None:
        age_s = timezone.now().timestamp() - held.value.card.as_of
        recommender_age_seconds.set(age_s)
        figures["age_days"] = round(age_s / 86_400.0, 2)
        if age_s > timedelta(days=settings.RECOMMENDER_STALE_DAYS).total_seconds():
            reason = reason or STALE
    return HealthReport(_NAME, ok=not reason, required=False, detail=reason, figures=figures)
