"""Where parts of a design contradict each other."""

from collections.abc import Callable

from apps.experiments.contracts.assignment import VARIANTS_AT_LEAST
from apps.experiments.contracts.design import (
    DesignInvalid,
    ExperimentDesign,
    ExperimentKind,
    Horizon,
    Method,
    MetricRole,
    Stickiness,
    UnitType,
)

# What rounding to three places leaves: three arms of 0.333.
WEIGHTS_TOLERANCE = 0.001
_ROUNDING = 1e-9


def design_cohere(design: ExperimentDesign) -> None:
    """Refuse a design whose parts contradict each other.

    Raises:
        DesignInvalid: naming the field.
    """
    for check in _CHECKS:
        check(design)


def _weights(design: ExperimentDesign) -> None:
    total = sum(variant.weight for variant in design.variants)
    if abs(total - 1) > WEIGHTS_TOLERANCE + _ROUNDING:
        raise DesignInvalid("variants", f"The weights sum to {total:g}; they must sum to 1.")


def _primary(design: ExperimentDesign) -> None:
    count = sum(use.role is MetricRole.PRIMARY for use in design.metrics)
    if count != 1:
        raise DesignInvalid("metrics", f"Exactly one metric is primary; here are {count}.")


def _ramp(design: ExperimentDesign) -> None:
    coverage, hours = design.coverage, 0.0
    for place, step in enumerate(design.schedule.ramp):
        if step.coverage <= coverage:
            raise DesignInvalid(
                f"schedule.ramp[{place}].coverage", "Coverage must grow at every step of a ramp."
            )
        if step.after_hours <= hours:
            raise DesignInvalid(
                f"schedule.ramp[{place}].after_hours", "Each step comes later than the one before."
            )
        coverage, hours = step.coverage, step.after_hours


def _dates(design: ExperimentDesign) -> None:
    start, end = design.schedule.starts_at, design.schedule.ends_at
    if start is not None and end is not None and end <= start:
        raise DesignInvalid("schedule.ends_at", "An experiment ends after it starts.")


def _kind(design: ExperimentDesign) -> None:
    is_bandit = design.kind is ExperimentKind.BANDIT
    if is_bandit and design.bandit is None:
        raise DesignInvalid("bandit", "A bandit says what it earns and how often it moves.")
    if not is_bandit and design.bandit is not None:
        raise DesignInvalid("bandit", "Only an experiment of kind bandit has this part.")
    pair = len(design.variants) == VARIANTS_AT_LEAST
    if design.kind is ExperimentKind.INTERLEAVING and not pair:
        raise DesignInvalid("variants", "Interleaving compares exactly two variants.")


def _bandit(design: ExperimentDesign) -> None:
    bandit = design.bandit
    if bandit is None:
        return
    if bandit.metric not in {use.key for use in design.metrics}:
        raise DesignInvalid("bandit.metric", "A bandit earns one of the experiment's metrics.")
    if bandit.floor * len(design.variants) > 1:
        raise DesignInvalid("bandit.floor", "The floors of all variants exceed the whole.")
    for place, variant in enumerate(design.variants):
        if variant.weight < bandit.floor - _ROUNDING:
            raise DesignInvalid(
                f"variants[{place}].weight", "A bandit's variant starts at its floor or above."
            )


def _covariates(design: ExperimentDesign) -> None:
    keys = {use.key for use in design.metrics}
    for place, key in enumerate(design.plan.covariates):
        if key not in keys:
            raise DesignInvalid(
                f"plan.covariates[{place}]", "A covariate is one of the experiment's metrics."
            )
    if design.plan.covariates and not design.plan.cuped_days:
        raise DesignInvalid("plan.cuped_days", "Covariates need days before the first exposure.")


def _strata(design: ExperimentDesign) -> None:
    wanted = design.plan.post_stratify_by
    if wanted and wanted not in design.dimensions:
        raise DesignInvalid("plan.post_stratify_by", "This must be a declared dimension.")


def _horizon(design: ExperimentDesign) -> None:
    plan = design.plan
    if plan.method is Method.BAYESIAN and plan.horizon is not Horizon.FIXED:
        raise DesignInvalid("plan.horizon", "Sequential designs are of the frequentist method.")


def _stickiness(design: ExperimentDesign) -> None:
    if design.unit is UnitType.REQUEST and design.stickiness is not Stickiness.NONE:
        raise DesignInvalid("stickiness", "A request comes once: nothing of it can stick.")


_CHECKS: tuple[Callable[[ExperimentDesign], None], ...] = (
    _weights,
    _primary,
    _ramp,
    _dates,
    _kind,
    _bandit,
    _covariates,
    _strata,
    _horizon,
    _stickiness,
)
