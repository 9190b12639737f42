"""The plan in words, as a page shows it beside the numbers."""

import math

from apps.experiments.contracts.design import (
    AnalysisPlan,
    Correction,
    ExperimentDesign,
    ExperimentKind,
    Horizon,
    Method,
)

_CORRECTIONS = {
    Correction.NONE: "p-values are not corrected for several comparisons",
    Correction.HOLM: "p-values are corrected by Holm",
    Correction.BENJAMINI_HOCHBERG: "p-values are corrected by Benjamini-Hochberg",
}


def percent(share: float) -> str:
    """0.8 as `80 %`, 0.023456 as `2.35 %`: no trailing zeros."""
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + " %"


def signed(share: float) -> str:
    """A relative effect, `+2.24 %`; an open end of an interval has no number."""
    if math.isinf(share):
        return "open"
    return f"{100 * share:+.2f} %"


def _horizon(plan: AnalysisPlan) -> str:
    if plan.method is Method.BAYESIAN:
        prior = "a flat prior"
        if plan.prior_sd:
            prior = f"a normal prior of sd {percent(plan.prior_sd)} on the relative effect"
        return (
            f"Bayesian with {prior}; reading it often does not change a posterior, "
            "but its error rate over many readings is not controlled"
        )
    if plan.horizon is Horizon.CONFIDENCE_SEQUENCE:
        return f"confidence sequence, tightest at {plan.tuning_n:,} units; may be read every day"
    if plan.horizon is Horizon.GROUP_SEQUENTIAL:
        spending = plan.spending.value.replace("_", " ")
        return f"group sequential with {plan.looks} looks, spending {spending}; read at the looks"
    return "fixed horizon: read once, at its end"


def plan_words(design: ExperimentDesign) -> str:
    """How the evidence is read, in one or two sentences."""
    plan = design.plan
    words = [f"Level {plan.alpha:g}, intervals of {1 - plan.alpha:.4g}; {_horizon(plan)}"]
    if plan.method is Method.FREQUENTIST:
        words.append(_CORRECTIONS[plan.correction])
    if plan.cuped_days:
        words.append(f"variance reduced by the {plan.cuped_days} days before exposure (CUPED)")
    if plan.post_stratify_by:
        words.append(f"post-stratified by {plan.post_stratify_by}")
    if design.kind is ExperimentKind.BANDIT:
        words.append("effects are taken within each phase, so that a moving allocation is fair")
    return "; ".join(words) + "."


def method_used(plan: AnalysisPlan) -> tuple[str, str]:
    """The plan's method with its anchor, and its formula in words and symbols."""
    if plan.method is Method.BAYESIAN:
        return (
            "bayesian posterior#bayesian",
            "effect ~ N(d, SE²) times prior: precisions add; interval = mean ± z · sd",
        )
    if plan.horizon is Horizon.CONFIDENCE_SEQUENCE:
        return (
            "confidence sequence#tests-and-intervals",
            "d ± SE √(2 (g + 1) / g · ln(√(g + 1) / alpha)), g = n ρ², n both arms; p = 1/e-value",
        )
    if plan.horizon is Horizon.GROUP_SEQUENTIAL:
        return (
            "group sequential#group-sequential-designs",
            "d ± z_k · SE at the last look k; p = least level whose boundary was passed",
        )
    return ("welch t#tests-and-intervals", "d ± t(df, 1 - alpha / 2) · SE; p from t = d / SE")
