"""Which matrix this process serves, how old features are, and whether all stores agree."""

from django.db import Error as DatabaseFailure
from django.utils import timezone

from apps.common.contracts import HealthReport
from apps.features.domain.registry import features_stored
from apps.features.metrics import feature_staleness_seconds
from apps.features.selectors import serving_matrix_state
from apps.features.selectors_state import store_state
from apps.jobs.contracts import JobOutcome
from apps.jobs.selectors import last_summary

CHECK_JOB = "features_consistency"
# A feature is late when it is older than so many times what it may be, and ten minutes more.
_LATE_TIMES, _LATE_S = 2, 600


def serving_matrix_check() -> HealthReport:
    """Not required: without one the catalogue is read from PostgreSQL, without popularity."""
    try:
        state = serving_matrix_state()
    except DatabaseFailure as error:
        return HealthReport("serving_matrix", ok=False, required=False, detail=str(error))
    return HealthReport(
        "serving_matrix",
        ok=not state.reason,
        required=False,
        detail=state.reason,
        figures={"number": float(state.number)},
    )


def feature_store_check() -> HealthReport:
    """Not required: what is late or differs is still served."""
    try:
        ages, summary = _ages(), last_summary(CHECK_JOB)
    except DatabaseFailure as error:
        return HealthReport("feature_store", ok=False, required=False, detail=str(error))
    late = [
        each.spec.key
        for each in features_stored()
        if ages.get(each.spec.key, float("inf")) > _LATE_TIMES * each.spec.fresh_s + _LATE_S
    ]
    for key, age in ages.items():
        # A refresh that runs no more cannot say how old its values have become.
        feature_staleness_seconds.labels(key).set(age)
    details = [f"late: {', '.join(late)}"] if late else []
    left = _left(summary or {})
    if left:
        details.append(f"{left} values differ between online and offline")
    figures = {f"{key}_age_s": round(age, 1) for key, age in ages.items()}
    return HealthReport(
        "feature_store", ok=not details, required=False, detail="; ".join(details), figures=figures
    )


def _ages() -> dict[str, float]:
    """Of what is registered: a feature whose code is gone only grows older."""
    now, runs = timezone.now(), store_state().runs
    keys = [each.spec.key for each in features_stored()]
    return {key: max(0.0, (now - runs[key].as_of).total_seconds()) for key in keys if key in runs}


def _left(summary: JobOutcome) -> int:
    """What the last check found and did not mend."""
    behind, different = int(summary.get("behind") or 0), int(summary.get("different") or 0)
    return behind + (0 if summary.get("repaired") else different)
