"""Options of a case: level, scale, sides, priors and spending."""

import re

from apps.experiments.contracts.statistics import (
    Alternative,
    BetaPrior,
    NormalPrior,
    Scale,
    Spending,
    SpendingPlan,
)
from apps.experiments.domain.statistics.cases.reader import (
    CaseInvalid,
    CaseReader,
    Fields,
    as_fields,
    as_number,
)

GREATER = {"greater", "larger", "upper", "treatment_greater", "increase"}
LESS = {"less", "smaller", "lower", "lesser", "treatment_lesser", "decrease"}
TWO = {"two_sided", "two_tailed", "both", "twosided", ""}
POWER_LAW = re.compile(r"t\s*(?:\^|\*\*)\s*([0-9.]+)|rho\s*=?\s*([0-9.]+)")


def scale_of(reader: CaseReader, default: Scale = Scale.RELATIVE) -> Scale:
    """Absolute or relative.

    Raises:
        CaseInvalid: Neither.
    """
    said = reader.text(default.value, "scale", "difference_type")
    if said not in set(Scale):
        raise CaseInvalid("scale", "must be absolute or relative")
    return Scale(said)


def alpha_of(reader: CaseReader) -> float:
    """The level; `confidence` 0.95 and `level` 0.95 mean alpha 0.05."""
    if reader.has("confidence", "confidence_level"):
        return 1 - reader.number("confidence", "confidence_level")
    return reader.number_or(0.05, "alpha")


def _one_sided(reader: CaseReader) -> bool:
    sided = reader.find("two_sided", "two_tailed") is False
    return sided or reader.flag("one_sided") or reader.number_or(2, "sides") == 1


def alternative_of(reader: CaseReader) -> Alternative:
    """Two-sided, greater or less; one-sided cases look for the metric's good direction.

    Raises:
        CaseInvalid: An unknown word.
    """
    said = reader.text("", "alternative", "tail", "direction")
    if said in GREATER:
        return Alternative.GREATER
    if said in LESS:
        return Alternative.LESS
    if said == "one_sided" or (said in TWO and _one_sided(reader)):
        return Alternative.LESS if lower_is_better(reader) else Alternative.GREATER
    if said not in TWO:
        raise CaseInvalid("alternative", "must be two-sided, greater or less")
    return Alternative.TWO_SIDED


def lower_is_better(reader: CaseReader) -> bool:
    """Does the metric win by falling?"""
    return reader.flag("lower_is_better", "inverse")


def _prior_scale(prior: Fields) -> Scale:
    said = str(prior.get("scale", prior.get("type", Scale.RELATIVE.value)))
    if said not in set(Scale):
        raise CaseInvalid("prior", "scale must be absolute or relative")
    return Scale(said)


def normal_prior(reader: CaseReader) -> NormalPrior | None:
    """Prior of the effect, `{mean, variance}` or `{mean, stddev}`; None where flat.

    On the relative scale (a share of control's mean) unless it says `scale: absolute`.

    Raises:
        CaseInvalid: A field is missing.
    """
    value = reader.find("prior", "prior_effect")
    if value is None or value == "flat":
        return None
    prior = as_fields(value, "prior")
    if prior.get("proper") is False:
        return None
    mean = as_number(prior.get("mean", 0.0), "prior.mean")
    scale = _prior_scale(prior)
    for name in ("stddev", "standard_deviation", "sd"):
        if prior.get(name) is not None:
            return NormalPrior(mean, as_number(prior[name], f"prior.{name}") ** 2, scale)
    return NormalPrior(mean, as_number(prior.get("variance"), "prior.variance"), scale)


def beta_prior(reader: CaseReader) -> BetaPrior:
    """Prior of each rate, `{alpha, beta}`; uniform where none is given."""
    if not reader.has("prior"):
        return BetaPrior()
    prior = as_fields(reader.find("prior"), "prior")
    return BetaPrior(
        as_number(prior.get("alpha", prior.get("a", 1.0)), "prior.alpha"),
        as_number(prior.get("beta", prior.get("b", 1.0)), "prior.beta"),
    )


def _family(text: str, rho: float | None) -> tuple[Spending, float]:
    """A family's name, or a formula such as `alpha * t^2`.

    Raises:
        CaseInvalid: Neither is understood.
    """
    word = text.lower()
    if "fleming" in word or "obf" in word or word.strip() in {"of", "sfldof"}:
        return Spending.OBRIEN_FLEMING, 1.0
    if "phi(" in word or "sqrt" in word:
        return Spending.OBRIEN_FLEMING, 1.0
    if "pocock" in word or "ln(" in word or "log(" in word:
        return Spending.POCOCK, 1.0
    found = POWER_LAW.search(word)
    if found:
        return Spending.POWER, float(found.group(1) or found.group(2))
    if any(name in word for name in ("power", "kim", "rho", "\u03c1")):
        return Spending.POWER, 2.0 if rho is None else rho
    if "linear" in word or re.search(r"\bt\b", word):
        return Spending.POWER, 1.0
    raise CaseInvalid("spending", "must be O'Brien-Fleming, Pocock or alpha * t^rho")


def spending_of(reader: CaseReader) -> SpendingPlan:
    """The spending plan: a text, or `{family, rho, sides}`; two-sided unless it says otherwise.

    Raises:
        CaseInvalid: The family is not understood.
    """
    value = reader.find("spending", "spending_function", "alpha_spending")
    rho = reader.number("rho", "phi") if reader.has("rho", "phi") else None
    sides = 1 if alternative_of(reader) is not Alternative.TWO_SIDED else 2
    text = value if isinstance(value, str) else ""
    if value is not None and not isinstance(value, str):
        fields = as_fields(value, "spending")
        text = str(fields.get("family", fields.get("name", "")))
        rho = as_number(fields["rho"], "spending.rho") if "rho" in fields else rho
        sides = int(as_number(fields.get("sides", sides), "spending.sides"))
    if "one-sided" in text.lower() or "one sided" in text.lower():
        sides = 1
    if text:
        family, exponent = _family(text, rho)
    elif rho is not None:
        family, exponent = Spending.POWER, rho
    else:
        family, exponent = Spending.OBRIEN_FLEMING, 1.0
    return SpendingPlan(family, exponent, sides)
