"""The analysis plan out of JSON."""

from apps.experiments.contracts.design import AnalysisPlan, Correction, Horizon, Method
from apps.experiments.contracts.statistics import Spending
from apps.experiments.domain.design.fields import Fields

MOST_COVARIATES = 5
MOST_LOOKS = 100


def plan_read(fields: Fields | None) -> AnalysisPlan:
    """The plan in a design; the house's defaults where it says nothing.

    Raises:
        DesignInvalid: naming the field.
    """
    usual = AnalysisPlan()
    if fields is None:
        return usual
    plan = AnalysisPlan(
        method=fields.choice("method", Method, usual.method),
        alpha=fields.number("alpha", usual.alpha, above=0, most=0.5),
        horizon=fields.choice("horizon", Horizon, usual.horizon),
        power=fields.number("power", usual.power, least=0.5, most=0.999),
        mde=fields.number("mde", usual.mde, above=0, most=10),
        minimum_runtime_days=fields.whole(
            "minimum_runtime_days", usual.minimum_runtime_days, most=365
        ),
        minimum_units=fields.whole("minimum_units", usual.minimum_units),
        cuped_days=fields.whole("cuped_days", usual.cuped_days, most=90),
        covariates=fields.texts("covariates", most=MOST_COVARIATES),
        correction=fields.choice("correction", Correction, usual.correction),
        spending=fields.choice("spending", Spending, usual.spending),
        spending_rho=fields.number("spending_rho", usual.spending_rho, above=0, most=20),
        looks=fields.whole("looks", usual.looks, least=1, most=MOST_LOOKS),
        planned_units=fields.whole("planned_units", usual.planned_units),
        tuning_n=fields.whole("tuning_n", usual.tuning_n, least=1),
        prior_sd=_prior(fields, usual.prior_sd),
        post_stratify_by=fields.attribute("post_stratify_by"),
        srm_threshold=fields.number("srm_threshold", usual.srm_threshold, above=0, most=0.5),
    )
    fields.close()
    return plan


def _prior(fields: Fields, usual: float | None) -> float | None:
    if fields.has("prior_sd") and fields.anything("prior_sd") is None:
        return None
    return fields.number("prior_sd", usual, above=0, most=100)
