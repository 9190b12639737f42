"""May these numbers be read at all? Split, double exposure, and what was there before."""

from collections.abc import Sequence

from apps.experiments.contracts.statistics import (
    CupedSums,
    MeanSums,
    ProportionSums,
    Reason,
    Scale,
)
from apps.experiments.contracts.statistics_results import (
    BiasResult,
    MultipleExposureResult,
    SrmResult,
)
from apps.experiments.domain.scipy_late import betaincinv, chdtrc
from apps.experiments.domain.statistics.effects import effect_compute
from apps.experiments.domain.statistics.errors import NotComputable, require_level, typed_state
from apps.experiments.domain.statistics.frequentist import t_test_of

ALARM = 0.001
"""SRM and bias alarms ring below this p (CONVENTIONS, result pages)."""
SMALL_CELL = 5.0
SMALL_SHARE = 0.2
"""Cochran (1954): every cell expects 1 or more, and four in five expect 5 or more."""


def _expected(observed: Sequence[int], allocation: Sequence[float]) -> tuple[float, ...]:
    """Units that each arm expects.

    Raises:
        NotComputable: No split, no units, units where none belong, or cells too small.
    """
    if len(observed) != len(allocation) or len(observed) < 2:  # noqa: PLR2004  # a split
        raise NotComputable(Reason.INVALID_INPUT, "two or more arms, each with its weight")
    if min(allocation) < 0 or min(observed) < 0 or sum(allocation) <= 0:
        raise NotComputable(Reason.INVALID_INPUT, "counts and weights are not negative")
    if any(count > 0 and weight == 0 for count, weight in zip(observed, allocation, strict=True)):
        raise NotComputable(Reason.ZERO_DENOMINATOR, "an arm of weight 0 has units")
    total, weights = sum(observed), sum(allocation)
    if total == 0:
        raise NotComputable(Reason.NO_DATA, "there are no units")
    expected = tuple(total * weight / weights for weight in allocation)
    cells = [cell for cell in expected if cell > 0]
    if len(cells) < 2:  # noqa: PLR2004  # a split
        raise NotComputable(Reason.INVALID_INPUT, "fewer than two arms have a weight")
    if min(cells) < 1 or sum(cell < SMALL_CELL for cell in cells) > SMALL_SHARE * len(cells):
        raise NotComputable(
            Reason.TOO_FEW_UNITS, "arms expect fewer than 5 units: chi-square does not hold"
        )
    return expected


@typed_state
def srm(
    observed: Sequence[int], allocation: Sequence[float], *, threshold: float = ALARM
) -> SrmResult:
    """Pearson's chi-square of k arms against the planned split (any positive weights).

    An arm of weight 0 expects nobody: it is left out when empty, and a unit in it is an error.

    Source: Pearson (1900); Fabijan et al. (2019) for its use.
    """
    require_level(threshold, "threshold")
    expected = _expected(observed, allocation)
    cells = [(n, cell) for n, cell in zip(observed, expected, strict=True) if cell > 0]
    chi = sum((n - cell) ** 2 / cell for n, cell in cells)
    p_value = float(chdtrc(len(cells) - 1, chi))
    return SrmResult(
        chi_square=chi,
        degrees_of_freedom=len(cells) - 1,
        p_value=p_value,
        expected=expected,
        mismatch=p_value < threshold,
        threshold=threshold,
    )


@typed_state
def multiple_exposure(
    *, units: int, multiple: int, threshold: float = 0.01, alpha: float = 0.05
) -> MultipleExposureResult:
    """Share of units seen in two or more variants, and its exact upper bound.

    The alarm rings when the share itself passes the threshold.

    Source: Clopper and Pearson (1934) for the bound.
    """
    require_level(threshold, "threshold")
    require_level(alpha)
    if units <= 0:
        raise NotComputable(Reason.NO_DATA, "there are no units")
    if not 0 <= multiple <= units:
        raise NotComputable(Reason.INCONSISTENT_SUMS, "more multiple exposures than units, or < 0")
    bound = 1.0
    if multiple < units:
        bound = float(betaincinv(multiple + 1, units - multiple, 1 - alpha))
    share = multiple / units
    return MultipleExposureResult(
        units=units,
        multiple=multiple,
        share=share,
        upper_bound=bound,
        alarm=share > threshold,
        threshold=threshold,
    )


def covariate_sums(arm: CupedSums, index: int = 0) -> MeanSums:
    """The sums of one covariate alone, to be tested as if it were the metric."""
    return MeanSums(arm.outcome.n, arm.sum_x[index], arm.sum_xx[index][index])


@typed_state
def pre_exposure_bias(
    control: MeanSums | ProportionSums | CupedSums,
    treatment: MeanSums | ProportionSums | CupedSums,
    *,
    threshold: float = ALARM,
) -> BiasResult:
    """A/A test: the covariate before exposure must not differ between the arms."""
    sums = [
        covariate_sums(arm) if isinstance(arm, CupedSums) else arm for arm in (control, treatment)
    ]
    estimate = effect_compute(sums[0], sums[1], Scale.ABSOLUTE)
    test = t_test_of(estimate, alpha=threshold, method="pre_exposure_bias")
    return BiasResult(test=test, biased=test.p_value < threshold, threshold=threshold)
