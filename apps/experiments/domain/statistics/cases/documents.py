"""Answers as JSON objects: infinite bounds and what does not exist become null."""

import math
from dataclasses import fields, is_dataclass

from apps.experiments.contracts.statistics import CannotCompute
from apps.experiments.contracts.statistics_results import EffectEstimate, TestResult
from apps.experiments.domain.statistics.errors import NotComputable

Document = dict[str, object]


def plain(value: object) -> object:
    """Numbers, texts and lists only; infinities and nan are null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return document(value)
    return value


def document(answer: object) -> Document:
    """A frozen answer, flat: an estimate's fields stand beside the test's.

    Raises:
        NotComputable: The answer is the typed state; its reason goes on.
    """
    if isinstance(answer, CannotCompute):
        raise NotComputable(answer.reason, answer.message)
    body: Document = {}
    for field in fields(answer):  # type: ignore[arg-type]  # every answer is a dataclass
        value: object = getattr(answer, field.name)
        if isinstance(value, EffectEstimate | TestResult):
            body |= document(value)
        else:
            body[field.name] = plain(value)
    if "posterior_sd" in body:
        body["standard_error"] = body["posterior_sd"]
    theta = body.get("theta")
    if isinstance(theta, list):
        body["theta"] = theta[0] if len(theta) == 1 else theta or None
    if "p_value" in body and "alpha" in body:
        body["significant"] = _below(body["p_value"], body["alpha"])
    return body


def _below(p_value: object, alpha: object) -> bool:
    return isinstance(p_value, float) and isinstance(alpha, float) and p_value < alpha
