"""Whether this process serves a matrix, and which."""

from django.db import Error as DatabaseFailure

from apps.common.contracts import HealthReport
from apps.features.selectors import serving_matrix_state


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
