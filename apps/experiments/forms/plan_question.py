"""What the plan calculator is asked."""

from dataclasses import dataclass

from apps.experiments.contracts.design import AnalysisPlan, UnitType


@dataclass(frozen=True, slots=True)
class PlanAsked:
    """Arguments of `plan_calculate`, read from the form."""

    metric: str
    unit: UnitType
    weights: tuple[float, ...]
    coverage: float
    plan: AnalysisPlan
