"""Methods that compare a control with one or more treatments."""

import math
from collections.abc import Callable

import numpy as np

from apps.experiments.contracts.statistics import (
    ArmSums,
    CannotCompute,
    CupedSums,
    MeanSums,
    ProportionSums,
    QuantileSummary,
    RatioCupedSums,
    Scale,
)
from apps.experiments.domain.statistics.bayesian import normal_posterior
from apps.experiments.domain.statistics.beta_binomial import beta_posterior
from apps.experiments.domain.statistics.cases.arms import arm_sums, case_arms
from apps.experiments.domain.statistics.cases.documents import Document, document
from apps.experiments.domain.statistics.cases.options import (
    alpha_of,
    alternative_of,
    beta_prior,
    lower_is_better,
    normal_prior,
    scale_of,
)
from apps.experiments.domain.statistics.cases.reader import (
    CaseInvalid,
    CaseReader,
    as_fields,
    as_list,
    as_numbers,
)
from apps.experiments.domain.statistics.effects import effect_compute
from apps.experiments.domain.statistics.errors import NotComputable
from apps.experiments.domain.statistics.frequentist import (
    t_test,
    t_test_of,
    two_proportions_test,
)
from apps.experiments.domain.statistics.guardrails import non_inferiority
from apps.experiments.domain.statistics.health import pre_exposure_bias
from apps.experiments.domain.statistics.multiple import benjamini_hochberg, holm
from apps.experiments.domain.statistics.post_stratification import Stratum, post_stratified_effect
from apps.experiments.domain.statistics.quantiles import quantile_bootstrap
from apps.experiments.domain.statistics.remaining import remaining_units
from apps.experiments.domain.statistics.sequential import confidence_sequence

Compare = Callable[[ArmSums, ArmSums], object]


def _adjusted(bodies: list[Document]) -> Document:
    """Holm and Benjamini-Hochberg over the treatments, where there are p-values."""
    raw = [body["p_value"] for body in bodies if isinstance(body.get("p_value"), float)]
    p_values = [value for value in raw if isinstance(value, float)]
    if len(p_values) < len(bodies):
        return {}
    return {"holm": holm(p_values), "benjamini_hochberg": benjamini_hochberg(p_values)}


def _each(reader: CaseReader, compare: Compare) -> Document:
    """One treatment: its answer. Several: `comparisons`, each with its name or its reason."""
    control, treatments = case_arms(reader)
    if len(treatments) == 1:
        return document(compare(control, treatments[0][1]))
    bodies: list[Document] = []
    for name, treatment in treatments:
        try:
            body: Document = document(compare(control, treatment))
        except NotComputable as refusal:
            body = {"error": {"code": refusal.reason.value, "message": refusal.message}}
        bodies.append({"name": name, **body})
    return {"comparisons": bodies, **_adjusted(bodies)}


def read_t_test(reader: CaseReader) -> Document:
    """Welch's t, with or without covariates."""
    return _each(
        reader,
        lambda a, b: t_test(
            a,
            b,
            scale=scale_of(reader),
            alpha=alpha_of(reader),
            alternative=alternative_of(reader),
            null_effect=reader.number_or(0.0, "null_effect", "test_value"),
        ),
    )


def read_sequential(reader: CaseReader) -> Document:
    """Asymptotic confidence sequence."""
    return _each(
        reader,
        lambda a, b: confidence_sequence(
            a,
            b,
            scale=scale_of(reader),
            alpha=alpha_of(reader),
            tuning_n=reader.number_or(5000.0, "tuning_n", "sequential_tuning_parameter"),
            alternative=alternative_of(reader),
            null_effect=reader.number_or(0.0, "null_effect", "test_value"),
        ),
    )


def read_bayesian(reader: CaseReader) -> Document:
    """Normal posterior of the effect."""
    return _each(
        reader,
        lambda a, b: normal_posterior(
            a,
            b,
            scale=scale_of(reader),
            alpha=alpha_of(reader),
            prior=normal_prior(reader),
            lower_is_better=lower_is_better(reader),
        ),
    )


def _proportion(sums: ArmSums) -> ProportionSums:
    """The arm as a proportion, also when it came with a sum of squares.

    Raises:
        CaseInvalid: It is something else.
    """
    if isinstance(sums, MeanSums) and sums.sum == sums.sum_squares:
        return ProportionSums(sums.n, sums.sum)
    if not isinstance(sums, ProportionSums):
        raise CaseInvalid("kind", "this method compares proportions")
    return sums


def read_two_proportions(reader: CaseReader) -> Document:
    """Pooled z test."""
    return _each(
        reader,
        lambda a, b: two_proportions_test(
            _proportion(a),
            _proportion(b),
            alpha=alpha_of(reader),
            alternative=alternative_of(reader),
        ),
    )


def read_beta_binomial(reader: CaseReader) -> Document:
    """Beta posteriors of two rates."""
    return _each(
        reader,
        lambda a, b: beta_posterior(
            _proportion(a),
            _proportion(b),
            scale=scale_of(reader, Scale.ABSOLUTE),
            alpha=alpha_of(reader),
            prior=beta_prior(reader),
            lower_is_better=lower_is_better(reader),
        ),
    )


def read_non_inferiority(reader: CaseReader) -> Document:
    """A guardrail with its margin."""
    return _each(
        reader,
        lambda a, b: non_inferiority(
            a,
            b,
            margin=abs(reader.number("margin", "non_inferiority_margin", "nim")),
            scale=scale_of(reader),
            alpha=alpha_of(reader),
            lower_is_better=lower_is_better(reader),
        ),
    )


def _covariate(sums: ArmSums) -> MeanSums | ProportionSums | CupedSums:
    """An arm whose covariate can be tested.

    Raises:
        CaseInvalid: A ratio or a quantile.
    """
    if not isinstance(sums, MeanSums | ProportionSums | CupedSums):
        raise CaseInvalid("kind", "the covariate must be a mean or a proportion")
    return sums


def _remaining(a: ArmSums, b: ArmSums, reader: CaseReader) -> Document:
    estimate = effect_compute(a, b, scale_of(reader))
    tuning = reader.number_or(0.0, "tuning_n", "sequential_tuning_parameter")
    units = remaining_units(
        estimate,
        effect=reader.number("target_effect", "target_mde", "effect"),
        power=reader.number_or(0.8, "target_power", "power"),
        alpha=alpha_of(reader),
        tuning_n=tuning if tuning > 0 else None,
        prior=normal_prior(reader),
    )
    if isinstance(units, CannotCompute):
        return document(units)
    present = estimate.n_control + estimate.n_treatment
    body: Document = {"remaining_units": units, "scaling_factor": units / present}
    if reader.has("daily_units"):
        body["remaining_days"] = math.ceil(round(units / reader.number("daily_units"), 9))
    return body


def read_remaining(reader: CaseReader) -> Document:
    """Units, and days at the given traffic, until a running comparison has its power."""
    control, treatments = case_arms(reader)
    return _remaining(control, treatments[0][1], reader)


def read_pre_exposure_bias(reader: CaseReader) -> Document:
    """A/A test of the covariate."""
    threshold = reader.number_or(0.001, "threshold")
    return _each(
        reader,
        lambda a, b: pre_exposure_bias(_covariate(a), _covariate(b), threshold=threshold),
    )


def _stratum(value: object, reader: CaseReader) -> Stratum:
    pair = as_fields(value, "strata")
    arms = [arm_sums(pair.get(name), reader, name) for name in ("control", "treatment")]
    a, b = arms
    if isinstance(a, RatioCupedSums | QuantileSummary):
        raise CaseInvalid("strata", "quantiles and adjusted ratios have no strata")
    if isinstance(b, RatioCupedSums | QuantileSummary):
        raise CaseInvalid("strata", "quantiles and adjusted ratios have no strata")
    return a, b


def read_post_stratification(reader: CaseReader) -> Document:
    """Strata weighed by their share of all units; then Welch's t."""
    strata = [_stratum(item, reader) for item in as_list(reader.find("strata"), "strata")]
    estimate = post_stratified_effect(strata, scale=scale_of(reader))
    if isinstance(estimate, CannotCompute):
        return document(estimate)
    return document(
        t_test_of(
            estimate,
            alpha=alpha_of(reader),
            alternative=alternative_of(reader),
            method="post_stratification",
        )
    )


def read_quantile(reader: CaseReader) -> Document:
    """From summaries: Welch's t on the quantiles. From values: the bootstrap."""
    if not isinstance(reader.find("control"), list):
        return read_t_test(reader)
    arms = [
        np.array(as_numbers(reader.find(name), name), dtype=np.float64)
        for name in ("control", "treatment")
    ]
    return document(
        quantile_bootstrap(
            arms[0],
            arms[1],
            quantile=reader.number_or(0.5, "quantile", "nu"),
            scale=scale_of(reader),
            alpha=alpha_of(reader),
            replicates=int(reader.number_or(10_000, "replicates")),
            seed=int(reader.number_or(0, "seed")),
        )
    )
