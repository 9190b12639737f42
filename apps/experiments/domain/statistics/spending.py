"""How much alpha may be spent by a given share of the information."""

import math

from apps.experiments.contracts.statistics import Reason, Spending, SpendingPlan
from apps.experiments.domain.scipy_late import ndtr, ndtri
from apps.experiments.domain.statistics.errors import NotComputable, require_level


def alpha_spent(plan: SpendingPlan, alpha: float, t: float) -> float:
    """Error that one side may have spent at information fraction t; `alpha` is that side's.

    O'Brien-Fleming-like 2 - 2Φ(z(alpha / 2) / √t), Pocock-like alpha ln(1 + (e - 1) t), power
    alpha t^rho.

    Source: Lan and DeMets (1983); Kim and DeMets (1987).

    Raises:
        NotComputable: alpha or the exponent out of range.
    """
    require_level(alpha)
    share = min(t, 1.0)
    if plan.family is Spending.OBRIEN_FLEMING:
        return 2 * float(ndtr(float(ndtri(alpha / 2)) / math.sqrt(share)))
    if plan.family is Spending.POCOCK:
        return alpha * math.log(1 + (math.e - 1) * share)
    if not plan.rho > 0:
        raise NotComputable(Reason.INVALID_INPUT, "the exponent of the spending must be positive")
    return alpha * math.pow(share, plan.rho)
