"""Many comparisons at once: which are paid for together, and what is left of their p-values.

The primary metric's treatments are one family, all secondary metrics' treatments another.
Guardrails are not corrected: each must hold by itself, and an alarm too many is the safe side.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.experiments.contracts.design import Correction, MetricRole, MetricUse
from apps.experiments.contracts.statistics import CannotCompute
from apps.experiments.domain.statistics.multiple import benjamini_hochberg, holm

_METHODS = {Correction.HOLM: holm, Correction.BENJAMINI_HOCHBERG: benjamini_hochberg}


@dataclass(frozen=True, slots=True)
class Family:
    """Adjusted p-values by metric key and variant."""

    adjusted: Mapping[tuple[str, str], float]

    def adjusted_p(self, use: MetricUse, variant: str) -> float | None:
        """None where there is no p-value (Bayesian plans, or it cannot be computed)."""
        return self.adjusted.get((use.key, variant))


def _one(
    members: Sequence[tuple[MetricUse, str, float]], correction: Correction
) -> dict[tuple[str, str], float]:
    values = [p for _, _, p in members]
    answer = _METHODS[correction](values) if members and correction in _METHODS else tuple(values)
    if isinstance(answer, CannotCompute):  # pragma: no cover - p-values lie in [0, 1]
        raise TypeError(answer.message)
    return {
        (use.key, variant): p
        for (use, variant, _), p in zip(members, answer, strict=True)
    }  # fmt: skip


def families_corrected(
    tests: Sequence[tuple[MetricUse, str, float | None]], correction: Correction
) -> Family:
    """Correct the primary and the secondary family apart.

    Source: Holm (1979); Benjamini and Hochberg (1995).
    """
    known = [(use, variant, p) for use, variant, p in tests if p is not None]
    adjusted: dict[tuple[str, str], float] = {}
    for role in MetricRole:
        own = [test for test in known if test[0].role is role]
        method = Correction.NONE if role is MetricRole.GUARDRAIL else correction
        adjusted |= _one(own, method)
    return Family(adjusted)
