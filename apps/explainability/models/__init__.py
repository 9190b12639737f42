"""Every table of explainability; Django looks for them here."""

from apps.explainability.models.judged import (
    EvaluationRun,
    EvaluationScore,
    JudgedQuery,
    Judgement,
    JudgementList,
)

__all__ = [
    "EvaluationRun",
    "EvaluationScore",
    "JudgedQuery",
    "Judgement",
    "JudgementList",
]
