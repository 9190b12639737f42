"""Methods about many p-values, splits, looks, trends and plans."""

import math

from apps.experiments.contracts.statistics import (
    CannotCompute,
    DayEffect,
    PlanInputs,
    Reason,
    Scale,
    SpendingPlan,
)
from apps.experiments.domain.statistics.cases.arms import arm_sums
from apps.experiments.domain.statistics.cases.documents import Document, document, plain
from apps.experiments.domain.statistics.cases.options import (
    alpha_of,
    alternative_of,
    normal_prior,
    scale_of,
    spending_of,
)
from apps.experiments.domain.statistics.cases.reader import (
    CaseInvalid,
    CaseReader,
    as_count,
    as_fields,
    as_list,
    as_number,
)
from apps.experiments.domain.statistics.errors import NotComputable
from apps.experiments.domain.statistics.group_sequential import (
    boundaries_compute,
    design_power,
    looks_read,
)
from apps.experiments.domain.statistics.health import multiple_exposure, srm
from apps.experiments.domain.statistics.multiple import benjamini_hochberg, holm
from apps.experiments.domain.statistics.power import (
    mde_compute,
    plan_baseline,
    plan_power_compute,
    sample_size_compute,
)
from apps.experiments.domain.statistics.trends import novelty, simpson


def read_holm(reader: CaseReader) -> Document:
    """Holm's adjusted p-values."""
    return _adjusted(holm(reader.numbers("p_values", "pvalues")))


def read_benjamini_hochberg(reader: CaseReader) -> Document:
    """Benjamini and Hochberg's adjusted p-values."""
    return _adjusted(benjamini_hochberg(reader.numbers("p_values", "pvalues")))


def _adjusted(answer: tuple[float, ...] | CannotCompute) -> Document:
    if isinstance(answer, CannotCompute):
        return document(answer)
    return {"adjusted": plain(answer)}


def read_srm(reader: CaseReader) -> Document:
    """Observed units against the planned split; equal when no split is given."""
    items = as_list(reader.find("observed", "users", "units"), "observed")
    observed = [as_count(item, "observed") for item in items]
    allocation = [1.0] * len(observed)
    if reader.has("allocation", "weights", "expected"):
        allocation = list(reader.numbers("allocation", "weights", "expected"))
    threshold = reader.number_or(0.001, "threshold")
    return document(srm(observed, allocation, threshold=threshold))


def read_multiple_exposure(reader: CaseReader) -> Document:
    """Share of units in two or more variants."""
    return document(
        multiple_exposure(
            units=as_count(reader.number("units", "n"), "units"),
            multiple=as_count(reader.number("multiple", "multiple_units"), "multiple"),
            threshold=reader.number_or(0.01, "threshold"),
            alpha=alpha_of(reader),
        )
    )


def _information(reader: CaseReader) -> tuple[float, ...]:
    """Information fractions, or so many equal looks.

    Raises:
        CaseInvalid: Neither is there.
    """
    value = reader.find("information", "information_fractions", "timing", "t", "looks")
    if isinstance(value, list):
        return tuple(as_number(item, "information") for item in value)
    looks = as_count(value, "information")
    return tuple((look + 1) / looks for look in range(looks))


def read_group_sequential(reader: CaseReader) -> Document:
    """Boundaries; power for a `drift`; and the looks so far, when effects are given."""
    plan = spending_of(reader)
    design = boundaries_compute(_information(reader), alpha_of(reader), plan)
    body = document(design)
    body["adjusted_alpha"] = body["nominal_alpha"]
    body["bounds"] = body["z"]
    if reader.has("drift"):
        body["power"] = design_power(design, reader.number("drift"))
    if reader.has("z_observed", "statistics"):
        observed = reader.numbers("z_observed", "statistics")
        body["looks"] = plain(looks_read(design, observed, [1.0] * len(observed)))
    if reader.has("effects"):
        looks = looks_read(design, reader.numbers("effects"), reader.numbers("standard_errors"))
        body["looks"] = plain(looks)
    return body


def read_novelty(reader: CaseReader) -> Document:
    """Trend of the effect by day since exposure."""
    days = []
    for item in as_list(reader.find("days"), "days"):
        day = as_fields(item, "days")
        days.append(
            DayEffect(
                day=as_number(day.get("day"), "day"),
                effect=as_number(day.get("effect"), "effect"),
                standard_error=as_number(day.get("standard_error"), "standard_error"),
            )
        )
    return document(novelty(days, alpha=alpha_of(reader)))


def read_simpson(reader: CaseReader) -> Document:
    """Phases against their pool."""
    pairs = []
    for item in [*as_list(reader.find("phases"), "phases"), reader.find("pooled")]:
        pair = as_fields(item, "phases")
        control = arm_sums(pair.get("control"), reader, "control")
        pairs.append((control, arm_sums(pair.get("treatment"), reader, "treatment")))
    scale = scale_of(reader, Scale.ABSOLUTE)
    return document(simpson(pairs[:-1], pairs[-1], scale=scale, alpha=alpha_of(reader)))


def _baseline(reader: CaseReader) -> tuple[float, float]:
    """Mean and variance of one unit: given, from a rate, or from an arm's sums.

    Raises:
        CaseInvalid: The spread is missing.
    """
    if reader.has("baseline"):
        return plan_baseline(arm_sums(reader.find("baseline"), reader, "baseline"))
    if reader.has("rate", "conversion_rate", "baseline_rate"):
        rate = reader.number("rate", "conversion_rate", "baseline_rate")
        return rate, rate * (1 - rate)
    mean = reader.number("mean")
    if reader.has("variance", "var"):
        return mean, reader.number("variance", "var")
    if reader.has("standard_deviation", "stddev", "std"):
        return mean, reader.number("standard_deviation", "stddev", "std") ** 2
    if reader.text("", "kind", "metric_type") in {"proportion", "binomial"}:
        return mean, mean * (1 - mean)
    raise CaseInvalid("variance", "is missing")


def _weights(reader: CaseReader) -> tuple[float, ...]:
    """Shares of the arms; so many equal ones when only their number is given."""
    if reader.has("weights", "allocation"):
        return reader.numbers("weights", "allocation")
    arms = as_count(reader.number_or(2, "arms", "n_variations", "variations"), "arms")
    return (1.0,) * arms


def _effect(reader: CaseReader) -> tuple[Scale, float | None]:
    """The planned effect and its scale.

    Raises:
        NotComputable: An effect that is not a number.
    """
    if reader.has("relative_effect", "lift", "effect_size"):
        return Scale.RELATIVE, reader.number("relative_effect", "lift", "effect_size")
    if reader.has("absolute_effect", "difference"):
        return Scale.ABSOLUTE, reader.number("absolute_effect", "difference")
    scale = scale_of(reader)
    return scale, reader.number("effect") if reader.has("effect") else None


def _plan(reader: CaseReader, scale: Scale) -> PlanInputs:
    mean, variance = _baseline(reader)
    design: SpendingPlan | None = None
    information: tuple[float, ...] = ()
    if reader.has("information", "looks", "spending"):
        design, information = spending_of(reader), _information(reader)
    always = "sequential" in reader.text("", "method") or reader.flag("sequential")
    default = 5000.0 if always and design is None else 0.0
    tuning = reader.number_or(default, "tuning_n", "sequential_tuning_parameter")
    comparisons = reader.number_or(1.0, "comparisons")
    return PlanInputs(
        mean=mean,
        variance=variance,
        weights=_weights(reader),
        alpha=alpha_of(reader) / comparisons,
        scale=scale,
        alternative=alternative_of(reader),
        tuning_n=tuning if tuning > 0 else None,
        information=information,
        spending=design,
        prior=normal_prior(reader),
    )


def _detectable(inputs: PlanInputs, n_total: float, target: float) -> Document:
    """The smallest effects at 80 %, 90 % and the wanted power; null with a reason where none."""
    body: Document = {"mde_power": target}
    for key, power in (("mde_at_80", 0.8), ("mde_at_90", 0.9), ("mde", target)):
        try:
            body[key] = mde_compute(inputs, power=power, n_total=n_total)
        except NotComputable as refusal:
            body[key] = None
            body["mde_unavailable"] = {"code": refusal.reason.value, "message": refusal.message}
    return body


def _sizes(reader: CaseReader, inputs: PlanInputs, effect: float, target: float) -> Document:
    """Units needed, in total and per arm, and days at the shop's traffic."""
    try:
        units = sample_size_compute(inputs, effect=effect, power=target)
    except NotComputable as refusal:
        reason = {"code": refusal.reason.value, "message": refusal.message}
        return {"sample_size": None, "sample_size_unavailable": reason}
    shares = [weight / sum(inputs.weights) for weight in inputs.weights]
    body: Document = {
        "sample_size": units,
        "n_per_arm": [math.ceil(round(units * share, 6)) for share in shares],
    }
    if reader.has("daily_units", "units_per_day"):
        body["runtime_days"] = math.ceil(units / reader.number("daily_units", "units_per_day"))
    return body


def _size(reader: CaseReader, arms: int) -> float | None:
    if reader.has("n_total", "n", "sample_size"):
        return reader.number("n_total", "n", "sample_size")
    if reader.has("n_per_arm", "n_per_variation"):
        return arms * reader.number("n_per_arm", "n_per_variation")
    return None


def read_power(reader: CaseReader) -> Document:
    """Power, smallest detectable effects and sample size: whatever the inputs allow.

    Raises:
        NotComputable: The one thing asked for (`mde`, `sample_size`) does not exist.
    """
    scale, effect = _effect(reader)
    inputs = _plan(reader, scale)
    target = reader.number_or(0.8, "target_power", "power")
    n_total = _size(reader, len(inputs.weights))
    if effect is None and n_total is None:
        raise CaseInvalid("n_total", "an effect, a number of units, or both are needed")
    body: Document = {"alpha": inputs.alpha, "scale": scale.value, "target_power": target}
    if n_total is not None:
        if effect is not None:
            body |= document(plan_power_compute(inputs, effect=effect, n_total=n_total))
        body |= _detectable(inputs, n_total, target)
    if effect is not None:
        body |= _sizes(reader, inputs, effect, target)
    asked = reader.text("power", "method")
    if asked in {"mde", "sample_size"} and body.get(asked) is None:
        raise NotComputable(Reason.NO_SOLUTION, f"there is no {asked} for these inputs")
    return body
