"""One effect read by the plan: its interval, its test, and whether it counts as evidence."""

from dataclasses import dataclass, replace

from apps.experiments.contracts.design import AnalysisPlan, Horizon, Method
from apps.experiments.contracts.results import Effect
from apps.experiments.contracts.statistics import (
    Alternative,
    CannotCompute,
    NormalPrior,
    ProportionSums,
    Scale,
)
from apps.experiments.contracts.statistics_results import (
    EffectEstimate,
    GuardrailResult,
    PosteriorResult,
)
from apps.experiments.domain.analysis.estimates import Estimate, Pair
from apps.experiments.domain.analysis.looks import (
    LookRead,
    Looks,
    boundary_of,
    looks_read,
    repeated_p,
    spending_of,
)
from apps.experiments.domain.analysis.words import method_used
from apps.experiments.domain.scipy_late import ndtri
from apps.experiments.domain.statistics.bayesian import posterior_of
from apps.experiments.domain.statistics.beta_binomial import beta_posterior
from apps.experiments.domain.statistics.errors import NotComputable
from apps.experiments.domain.statistics.frequentist import t_test_of
from apps.experiments.domain.statistics.guardrails import non_inferiority_of
from apps.experiments.domain.statistics.sequential import (
    sequence_factor,
    sequence_of,
    sequence_rho,
)

UNBOUNDED = (float("-inf"), float("inf"))


@dataclass(frozen=True, slots=True)
class Reading:
    """What the plan says about one effect.

    Attributes:
        p_value: frequentist plans; before any correction.
        excludes_zero: whether the plan's relative interval (else the absolute one) excludes 0.
        method: name and anchor in docs/statistics.md.
        formula: of interval and test.
        taken: planned looks, each with what it showed.
    """

    absolute: Effect | None
    relative: Effect | None
    p_value: float | None
    chance_to_win: float | None
    expected_loss: float | None
    excludes_zero: bool
    method: str
    formula: str
    state: CannotCompute | None = None
    taken: tuple[LookRead, ...] = ()


def _effect(estimate: EffectEstimate, ci: tuple[float, float]) -> Effect:
    return Effect(estimate.effect, estimate.standard_error, ci)


def _fixed(
    estimate: EffectEstimate, plan: AnalysisPlan, _looks: Looks | None
) -> tuple[Effect, float]:
    test = t_test_of(estimate, alpha=plan.alpha)
    return _effect(estimate, test.ci), test.p_value


def _sequence(
    estimate: EffectEstimate, plan: AnalysisPlan, _looks: Looks | None
) -> tuple[Effect, float]:
    test = sequence_of(estimate, alpha=plan.alpha, tuning_n=float(plan.tuning_n))
    return _effect(estimate, test.ci), test.p_value


def _grouped(
    estimate: EffectEstimate, plan: AnalysisPlan, looks: Looks | None
) -> tuple[Effect, float]:
    """The interval of the last look; before the first there is none."""
    if looks is None or not looks.days:
        return _effect(estimate, UNBOUNDED), 1.0
    z = boundary_of(looks.information, plan.alpha, spending_of(plan))[-1]
    reach = z * estimate.standard_error
    ci = (estimate.effect - reach, estimate.effect + reach)
    return _effect(estimate, ci), 1.0


_READERS = {
    Horizon.FIXED: _fixed,
    Horizon.CONFIDENCE_SEQUENCE: _sequence,
    Horizon.GROUP_SEQUENTIAL: _grouped,
}


def interval_of(
    estimate: Estimate, plan: AnalysisPlan, looks: Looks | None = None
) -> tuple[Effect, float] | None:
    """Effect with the frequentist interval of the plan's horizon, and its p-value."""
    if isinstance(estimate, CannotCompute):
        return None
    return _READERS[plan.horizon](estimate, plan, looks)


def _looks_read(pairs: tuple[Pair, ...], looks: Looks, plan: AnalysisPlan) -> tuple[LookRead, ...]:
    """The looks so far; one that could not be computed shows nothing."""
    statistics = []
    for pair in pairs:
        own = pair.absolute if isinstance(pair.relative, CannotCompute) else pair.relative
        z = 0.0 if isinstance(own, CannotCompute) else own.effect / own.standard_error
        statistics.append(z)
    return looks_read(statistics, looks.information, plan)


def _frequentist(
    pair: Pair, plan: AnalysisPlan, looks: Looks | None, earlier: tuple[Pair, ...]
) -> Reading:
    """The test is of the relative effect; of the absolute one where control's mean is 0."""
    relative = interval_of(pair.relative, plan, looks)
    absolute = interval_of(pair.absolute, plan, looks)
    told = relative or absolute
    if told is None:
        return _unread(pair, plan)
    shown, p_value = told
    taken: tuple[LookRead, ...] = ()
    if plan.has_looks and looks is not None:
        taken = _looks_read(earlier, looks, plan)
        p_value = repeated_p(taken)
    method, formula = method_used(plan)
    return Reading(
        absolute=None if absolute is None else absolute[0],
        relative=None if relative is None else relative[0],
        p_value=p_value,
        chance_to_win=None,
        expected_loss=None,
        excludes_zero=shown.ci[0] > 0 or shown.ci[1] < 0,
        method=method,
        formula=formula,
        state=pair.relative if isinstance(pair.relative, CannotCompute) else None,
        taken=taken,
    )


def _unread(pair: Pair, plan: AnalysisPlan) -> Reading:
    state = pair.absolute if isinstance(pair.absolute, CannotCompute) else None
    method, formula = method_used(plan)
    return Reading(None, None, None, None, None, False, method, formula, state)


def prior_of(plan: AnalysisPlan) -> NormalPrior | None:
    """Normal prior of the relative effect, centred on no effect; None is flat."""
    return NormalPrior(0.0, plan.prior_sd**2) if plan.prior_sd else None


def _posterior(
    pair: Pair, scale: Scale, plan: AnalysisPlan, *, lower_is_better: bool
) -> PosteriorResult | CannotCompute:
    """Rates under a flat prior have exact Beta posteriors; everything else a normal one."""
    estimate = pair.relative if scale is Scale.RELATIVE else pair.absolute
    a, b = pair.control, pair.treatment
    if isinstance(a, ProportionSums) and isinstance(b, ProportionSums) and not plan.prior_sd:
        return beta_posterior(
            a, b, scale=scale, alpha=plan.alpha, lower_is_better=lower_is_better
        )  # fmt: skip
    if isinstance(estimate, CannotCompute):
        return estimate
    try:
        return posterior_of(
            estimate, alpha=plan.alpha, prior=prior_of(plan), lower_is_better=lower_is_better
        )
    except NotComputable as refusal:
        return CannotCompute(refusal.reason, refusal.message)


def _bayesian(pair: Pair, plan: AnalysisPlan, *, lower_is_better: bool) -> Reading:
    relative = _posterior(pair, Scale.RELATIVE, plan, lower_is_better=lower_is_better)
    absolute = _posterior(pair, Scale.ABSOLUTE, plan, lower_is_better=lower_is_better)
    shown = absolute if isinstance(relative, CannotCompute) else relative
    if isinstance(shown, CannotCompute):
        return _unread(pair, plan)
    method, formula = method_used(plan)
    if shown.method == "beta_binomial":
        method = "beta-binomial#bayesian"
        formula = "each rate ~ Beta(1 + x, 1 + n - x); chance and interval by quadrature"
    return Reading(
        absolute=_drawn(absolute),
        relative=_drawn(relative),
        p_value=None,
        chance_to_win=shown.chance_to_win,
        expected_loss=shown.risk[1],
        excludes_zero=shown.ci[0] > 0 or shown.ci[1] < 0,
        method=method,
        formula=formula,
        state=relative if isinstance(relative, CannotCompute) else None,
    )


def _drawn(answer: PosteriorResult | CannotCompute) -> Effect | None:
    if isinstance(answer, CannotCompute):
        return None
    return Effect(answer.effect, answer.posterior_sd, answer.ci)


def reading_of(
    pair: Pair,
    plan: AnalysisPlan,
    *,
    lower_is_better: bool,
    looks: Looks | None = None,
    earlier: tuple[Pair, ...] = (),
) -> Reading:
    """Read an effect by the plan.

    Args:
        pair: the effect on both scales; of a group sequential plan at its last look.
        plan: method, level, horizon.
        lower_is_better: the metric wins by falling.
        looks: taken so far (group sequential plans).
        earlier: the effect at each of those looks.
    """
    if plan.method is Method.BAYESIAN:
        return _bayesian(pair, plan, lower_is_better=lower_is_better)
    return _frequentist(pair, plan, looks, earlier)


def one_sided_reach(
    plan: AnalysisPlan, estimate: EffectEstimate, looks: Looks | None
) -> float | None:
    """Standard errors to a guardrail's bound; None is the fixed horizon's Student t."""
    if plan.method is Method.BAYESIAN:
        return -float(ndtri(plan.alpha))
    if plan.horizon is Horizon.CONFIDENCE_SEQUENCE:
        rho = sequence_rho(plan.alpha, float(plan.tuning_n), sides=1)
        n = estimate.n_control + estimate.n_treatment
        return sequence_factor(n, rho, plan.alpha, sides=1)
    if plan.horizon is Horizon.GROUP_SEQUENTIAL:
        if looks is None or not looks.days:
            return float("inf")
        return boundary_of(looks.information, 2 * plan.alpha, spending_of(plan))[-1]
    return None


def guardrail_of(
    pair: Pair, plan: AnalysisPlan, *, margin: float, lower_is_better: bool, looks: Looks | None
) -> GuardrailResult | CannotCompute:
    """Is the metric no worse than the margin (relative to control)? One-sided at alpha."""
    if isinstance(pair.relative, CannotCompute):
        return pair.relative
    try:
        reach = one_sided_reach(plan, pair.relative, looks)
        result = non_inferiority_of(
            pair.relative,
            margin=margin,
            alpha=plan.alpha,
            lower_is_better=lower_is_better,
            reach=reach,
        )
        if reach is None or plan.horizon is not Horizon.CONFIDENCE_SEQUENCE:
            return result
        return _sequence_guardrail(result, pair.relative, plan, lower_is_better=lower_is_better)
    except NotComputable as refusal:
        return CannotCompute(refusal.reason, refusal.message)


def _sequence_guardrail(
    result: GuardrailResult, estimate: EffectEstimate, plan: AnalysisPlan, *, lower_is_better: bool
) -> GuardrailResult:
    """The same bound with the one-sided sequence's own p-value."""
    test = sequence_of(
        estimate,
        alpha=plan.alpha,
        tuning_n=float(plan.tuning_n),
        alternative=Alternative.LESS if lower_is_better else Alternative.GREATER,
        null_effect=result.margin if lower_is_better else -result.margin,
    )
    return replace(result, p_value=test.p_value)
