"""Specifications for tests."""

from datetime import UTC, datetime

from apps.experiments.contracts.assignment import ExperimentSpec, Json, PhaseSpec, VariantSpec

START = datetime(2026, 10, 1, tzinfo=UTC)
AS_OF = datetime(2026, 11, 1, tzinfo=UTC)


def phase_make(number: int = 1, **changes: object) -> PhaseSpec:
    values: dict[str, object] = {
        "number": number,
        "salt": "salt",
        "weights": (0.5, 0.5),
        "starts_at": START,
    }
    return PhaseSpec(**(values | changes))  # type: ignore[arg-type] # a test names any field


def spec_make(**changes: object) -> ExperimentSpec:
    values: dict[str, object] = {
        "key": "weights",
        "unit": "user_id",
        "variants": (VariantSpec("control"), VariantSpec("treatment")),
        "phases": (phase_make(),),
    }
    return ExperimentSpec(**(values | changes))  # type: ignore[arg-type] # a test names any field


def person(unit: Json, **attributes: Json) -> dict[str, Json]:
    return {"user_id": unit, **attributes}
